#include "core/src/config/settings.hpp"

#include <utility>

#include "core/src/config/route_settings.hpp"
#include "core/src/config/units.hpp"

namespace ropeway::config {
namespace {

// Bounds are bytes, milliseconds or plain numbers, as the setting's type says.
constexpr std::int64_t kilo = 1024;
constexpr std::int64_t mega = 1024 * kilo;
constexpr std::int64_t giga = 1024 * mega;

Setting account(std::string name, std::string text) {
  constexpr std::int64_t highest = 0xFFFF'FFFE;
  Setting setting = Setting::string(name, std::move(text)).by_default("\"\"");
  setting.or_as(Setting::integer(std::move(name), "Its number.").at_least(0).at_most(highest));
  return setting;
}

Setting affinity() {
  constexpr std::int64_t highest_cpu = 65'535;
  Setting cpus = Setting::string("", "CPUs, such as `0-3,8`.").at_least(1);
  cpus.or_as(Setting::integer("", "One CPU.").at_least(0).at_most(highest_cpu));
  Setting setting = Setting::string("affinity",
                                    "On which CPUs workers run. `none`: wherever the system puts them. `auto`: the CPUs that the server "
                                    "may use are shared out. A list, such as `[\"0-1\", \"2-3\"]`: those of the first worker, the second "
                                    "and so on, and from the beginning again.")
                        .one_of({"none", "auto"})
                        .by_default("\"none\"");
  setting.or_as(Setting::list("affinity", "The CPUs of each worker.", std::move(cpus)).at_least(1).at_most(1024));
  return setting;
}

Setting limits() {
  return Setting::object(
      "limits", "What bounds the memory that a peer can make a worker hold.",
      {
          Setting::size("header_bytes", "Request line and header fields together; past it, status 431.")
              .at_least(kilo)
              .at_most(mega)
              .by_default("\"16k\""),
          Setting::integer("header_count", "Number of header fields; past it, status 431.").at_least(1).at_most(10'000).by_default("100"),
          Setting::size("target_bytes", "The request's target (path and query); past it, status 414.")
              .at_least(64)
              .at_most(mega)
              .by_default("\"8k\""),
          Setting::size("body_bytes", "A request's content; past it, status 413.").at_least(0).at_most(1024 * giga).by_default("\"16M\""),
          Setting::size(
              "body_memory",
              "What the contents of all requests that are kept whole for their handlers may take together in each worker; past it, "
              "status 503. Handlers that read piece by piece, and files, need none of it.")
              .at_least(mega)
              .at_most(1024 * giga)
              .by_default("\"256M\""),
          Setting::integer("connections", "Connections of each worker; past it, status 503.")
              .at_least(1)
              .at_most(1'000'000)
              .by_default("16384"),
          Setting::integer(
              "connections_per_address",
              "Connections of each worker from one address (of IPv6, from one /64); past it, status 429. 0 is no limit: right behind "
              "a proxy, from which all clients come.")
              .at_least(0)
              .at_most(1'000'000)
              .by_default("0"),
          Setting::integer("requests_per_connection",
                           "Requests of one connection; the last one's answer closes it, and clients open another. 0 is no limit: "
                           "connections that ask a lot take turns anyway.")
              .at_least(0)
              .at_most(1'000'000'000)
              .by_default("0"),
          Setting::size("send_buffer_bytes", "What is held in memory for a connection whose peer reads slowly; a handler waits past it.")
              .at_least(4 * kilo)
              .at_most(giga)
              .by_default("\"256k\""),
      });
}

Setting timeouts() {
  return Setting::object(
      "timeouts", "How long a connection may keep a worker waiting.",
      {
          Setting::duration("header", "From a request's first byte to the end of its header; past it, status 408.")
              .at_least(1)
              .at_most(hour_ms)
              .by_default("\"10s\""),
          Setting::duration("idle", "Between two requests of one connection; past it, the connection is closed.")
              .at_least(1)
              .at_most(24 * hour_ms)
              .by_default("\"60s\""),
          Setting::duration("handler", "From the request to the handler's answer; past it, status 503.")
              .at_least(1)
              .at_most(24 * hour_ms)
              .by_default("\"60s\""),
          Setting::duration("send", "Without any byte taken by the peer; past it, the connection is closed.")
              .at_least(1)
              .at_most(hour_ms)
              .by_default("\"30s\""),
          Setting::duration("linger", "How long a connection that was refused stays open, so that its peer can read why.")
              .at_least(0)
              .at_most(minute_ms)
              .by_default("\"5s\""),
          Setting::duration("drain", "How long requests that run may take to finish when the server stops.")
              .at_least(0)
              .at_most(hour_ms)
              .by_default("\"30s\""),
          Setting::duration(
              "drain_grace",
              "How long the server goes on accepting when it is told to stop, while the handler `health` says that it is not ready: "
              "for load balancers to notice.")
              .at_least(0)
              .at_most(hour_ms)
              .by_default("\"0s\""),
          Setting::rate("body_rate", "What a request's content must bring per second on average; below it, status 408. 0 asks for no rate.")
              .at_least(0)
              .at_most(giga)
              .by_default("240"),
          Setting::duration("body_grace",
                            "How long a request's content may bring nothing, and how long it has before `body_rate` is asked for.")
              .at_least(250)
              .at_most(hour_ms)
              .by_default("\"10s\""),
      });
}

Setting blocking() {
  return Setting::object(
      "blocking", "The pool that runs blocking handlers, one in each worker.",
      {
          Setting::integer("threads", "Threads of the pool.").at_least(1).at_most(1024).by_default("16"),
          Setting::integer("queue", "Requests that may wait for a thread; past it, status 503.")
              .at_least(1)
              .at_most(1'000'000)
              .by_default("1024"),
          Setting::duration("wait",
                            "How long a request may wait for a thread; past it, status 503 with `Retry-After`. 0: as long as "
                            "`timeouts.handler` lets.")
              .at_least(0)
              .at_most(24 * hour_ms)
              .by_default("\"30s\""),
          Setting::duration(
              "take_over",
              "How long a `Handler` may hold its event loop within ten seconds, counting calls of 20 ms and more, before it runs on "
              "this pool as well, until the worker is replaced. 0: it never does.")
              .at_least(0)
              .at_most(10'000)
              .by_default("\"1s\""),
      });
}

Setting stall() {
  return Setting::object(
      "stall", "What the launcher does about handlers that hold the event loop. A handler that blocks derives from `BlockingHandler`.",
      {
          Setting::duration("warn",
                            "How long a handler may hold an I/O thread before the log names it, once, with where it is. 0 is never.")
              .at_least(0)
              .at_most(hour_ms)
              .by_default("\"1s\""),
          Setting::duration(
              "rescue",
              "How long all I/O threads of a worker may be held before its siblings accept new connections in its place, until it goes on.")
              .at_least(100)
              .at_most(hour_ms)
              .by_default("\"250ms\""),
          Setting::duration("kill", "How long they may be held before the worker is killed and replaced. 0 is never.")
              .at_least(0)
              .at_most(24 * hour_ms)
              .by_default("\"60s\""),
      });
}

Setting quarantine() {
  return Setting::object(
      "quarantine",
      "What the launcher does about a route whose handler ends workers by a crash: it is answered with status 503 for a while.",
      {
          Setting::integer("crashes",
                           "How many workers may die in the handler of a route within `window` before it is closed. 0: any number.")
              .at_least(0)
              .at_most(1000)
              .by_default("3"),
          Setting::duration("window", "How long a crash counts.").at_least(1).at_most(24 * hour_ms).by_default("\"1m\""),
          Setting::duration("release", "How long the route stays closed.").at_least(1).at_most(24 * hour_ms).by_default("\"1m\""),
      });
}

Setting canary() {
  return Setting::object(
      "canary",
      "How a new configuration is tried at a reload (SIGHUP): one new worker serves beside all old ones, and only where it does well "
      "are they replaced, one after another.",
      {
          Setting::integer("percent", "Its share of new connections. 0: no trial; workers are replaced at once.")
              .at_least(0)
              .at_most(50)
              .by_default("10"),
          Setting::duration("duration",
                            "How long it is watched. It fails, and with it the reload, where it dies, or where far more of its answers "
                            "than of the others' have a status of 500 or above.")
              .at_least(0)
              .at_most(24 * hour_ms)
              .by_default("\"5s\""),
          Setting::integer(
              "slower",
              "It fails, too, where at the end its 99th percentile (of how long answers take) is more than so many times the others', "
              "and 20 ms more. 0: this is not compared.")
              .at_least(0)
              .at_most(1000)
              .by_default("3"),
          Setting::duration("start", "How long a new configuration may take to be tried, and each new worker to become ready.")
              .at_least(100)
              .at_most(24 * hour_ms)
              .by_default("\"60s\""),
      });
}

Setting log() {
  return Setting::object(
      "log", "The application log and the access log.",
      {
          Setting::string("level", "The least important line that is written.")
              .one_of({"debug", "info", "warning", "error", "off"})
              .by_default("\"info\""),
          Setting::path("file", "Where the application log goes: a file, or `-` for standard error.").at_least(1).by_default("\"-\""),
          Setting::string("format", "How a line of the application log is written.").one_of({"text", "json"}).by_default("\"text\""),
          Setting::object(
              "access", "One line for each request.",
              {
                  Setting::path("file", "A file, `-` for standard output, or an empty string for no access log.").by_default("\"\""),
                  Setting::string("format", "`combined` is what Apache and nginx write, `terminal` a coloured line for the eye.")
                      .one_of({"combined", "json", "terminal"})
                      .by_default("\"combined\""),
              }),
      });
}

Setting listen_entry() {
  return Setting::object(
      "", "An address, how its connections begin, and who serves them.",
      {
          Setting::string("address", "The address.").required(),
          Setting::boolean(
              "proxy_protocol",
              "Whether every connection begins with a header of the PROXY protocol, version 1 or 2, with which a load balancer "
              "in front says whom it speaks for. It is believed from `trusted_proxies` alone; a connection from anybody else, "
              "or without a header, is closed.")
              .by_default("false")
              .costs(Setting::Cost::rolling),
          Setting::string("handler",
                          "A `StreamHandler` of the program, which serves this address with a protocol of its own, without HTTP.")
              .at_least(1)
              .costs(Setting::Cost::rolling),
          Setting::any("options", "Options of that handler.").by_default("{}").costs(Setting::Cost::rolling),
      });
}

Setting trusted_proxies() {
  return Setting::list(
             "trusted_proxies",
             "Proxies in front of this server that are believed when they say whom a request came from: addresses, networks such as "
             "`10.0.0.0/8` or `fd00::/8`, and `unix` for unix sockets. Never one that clients reach past them: whoever is trusted can "
             "claim to be anybody.",
             Setting::string("", "An address, a network, or `unix`.").at_least(1))
      .at_most(1024)
      .by_default("[]");
}

Setting forwarded() {
  return Setting::object(
      "forwarded", "How trusted proxies say it.",
      {
          Setting::string(
              "fields",
              "`x-forwarded`: `X-Forwarded-For` and `-Proto`. `forwarded`: `Forwarded` (RFC 7239). Fields of the other kind are "
              "ignored: most proxies let pass what they do not set.")
              .one_of({"x-forwarded", "forwarded"})
              .by_default("\"x-forwarded\""),
          Setting::boolean(
              "host",
              "Whether they are believed, too, which host the client asked for (`X-Forwarded-Host` and `-Port`, `host=`). Only where "
              "they set it themselves: otherwise it is what the client sends.")
              .by_default("false"),
      });
}

Setting shared() {
  return Setting::object(
      "shared",
      "What all workers have in common, in memory of its own: `docs/shared_state.md`. It is address space, and memory as it is used. An "
      "upgrade takes it over where these are what they were.",
      {
          Setting::integer("counters", "Counters that there can be. 128 bytes each.").at_least(1).at_most(1'000'000).by_default("1024"),
          Setting::integer("rate_limits",
                           "For how many clients at once the rate limits of all routes keep a bucket that is not full; those beyond share "
                           "one of each limit. 96 bytes each.")
              .at_least(1024)
              .at_most(100'000'000)
              .by_default("65536"),
          Setting::size("cache_bytes", "Keys and values of the cache; past it, those that nobody asks for make room.")
              .at_least(mega)
              .at_most(64 * giga)
              .by_default("\"32M\""),
          Setting::size("bus_bytes",
                        "Messages between workers that some have yet to read; past it, they lose the oldest. A message may have a quarter.")
              .at_least(64 * kilo)
              .at_most(giga)
              .by_default("\"4M\""),
      });
}

Setting recycle() {
  return Setting::object(
      "recycle",
      "When a worker has grown old and is replaced, one at a time, and never before another one serves beside it. 0: not for that reason.",
      {
          Setting::integer("requests", "Requests that it has answered.").at_least(0).at_most(1'000'000'000'000).by_default("0"),
          Setting::size("memory", "What it has resident in memory.").at_least(0).at_most(1024 * giga).by_default("\"0\""),
          Setting::duration("age", "How long it has run.").at_least(0).at_most(366 * 24 * hour_ms).by_default("\"0s\""),
      });
}

}  // namespace

const Setting& server_settings() {
  static const Setting settings = Setting::object(
      "", "The configuration of a server.",
      {
          Setting::string("$schema", "Where an editor finds the JSON Schema of this file; the server ignores it.")
              .costs(Setting::Cost::hot),
          Setting::count("processes",
                         "Number of workers. `auto` follows the CPU quota and affinity; 0 serves in one process, with no supervisor.")
              .at_least(0)
              .at_most(1024)
              .by_default("\"auto\"")
              .or_as(Setting::object("", "As many as are busy, between two numbers.",
                                     {
                                         Setting::integer("min", "There are never fewer.").at_least(1).at_most(1024).by_default("1"),
                                         Setting::count("max", "There are never more. `auto` follows the CPU quota and affinity.")
                                             .at_least(1)
                                             .at_most(1024)
                                             .by_default("\"auto\""),
                                     }))
              .restarts_at("0"),
          Setting::count("threads", "I/O threads of each worker. `auto` is 2: one more than one slow disk read can hold up.")
              .at_least(1)
              .at_most(1024)
              .by_default("\"auto\""),
          Setting::list("listen",
                        "Addresses to serve: `host:port`, `[v6]:port`, `:port` or `port` (every IPv4 address), `unix:path`. "
                        "A host is a numeric address or `localhost`; port 0 takes a free one. A socket that systemd has opened for an "
                        "address is used for it; `systemd` stands for all of them that nothing else here names, `systemd:NAME` for those "
                        "of that name.",
                        Setting::string("", "An address.").or_as(listen_entry()))
              .at_least(1)
              .by_default("[\"0.0.0.0:8000\"]")
              .costs(Setting::Cost::rebind),
          affinity(),
          Setting::list(
              "modules",
              "Shared objects with handlers and middlewares (`docs/modules.md`), in any order. Workers load them; the launcher never does.",
              Setting::path("", "The file of a module.").at_least(1))
              .at_most(256)
              .by_default("[]"),
          routes(),
          groups(),
          middlewares("What stands in front of every route, outermost first."),
          limits(),
          timeouts(),
          blocking(),
          stall().costs(Setting::Cost::hot),
          quarantine().costs(Setting::Cost::hot),
          canary().costs(Setting::Cost::hot),
          recycle().costs(Setting::Cost::hot),
          shared().costs(Setting::Cost::restart),
          Setting::boolean("keeper",
                           "Whether a process of its own holds every connection, too, so that connections between two requests survive the "
                           "death of their worker. It needs a file descriptor for each.")
              .by_default("false"),
          Setting::boolean(
              "development",
              "For work on a site or a program, never for the public: failures are answered with what was thrown and where, pages "
              "reload in browsers when the server has begun anew, and caches keep nothing. `ropeway dev` sets it.")
              .by_default("false"),
          Setting::path("pid_file",
                        "A file that holds the launcher's process number as long as it runs, and is locked. Commands need none: they use "
                        "`control`. An empty string: none.")
              .by_default("\"\"")
              .costs(Setting::Cost::hot),
          account("user",
                  "Whom workers are, by name or number, where the server is started as root: they become that user before they "
                  "construct a handler. The launcher stays root, to open low ports and logs at a reload. An empty string: no other."),
          account("group", "The group of workers, by name or number. An empty string: that of `user`."),
          Setting::path(
              "control",
              "The unix socket for `ropeway status`, `reload` and the like, open to this user alone. `auto`: in the user's runtime "
              "folder, where those commands look for it. An empty string: none.")
              .by_default("\"auto\"")
              .costs(Setting::Cost::hot),
          log(),
          trusted_proxies(),
          forwarded(),
          Setting::string(
              "repeated_slashes",
              "What \"/a//b\" means: `keep` takes it as sent, with an empty segment between the slashes; `merge` takes it for \"/a/b\"; "
              "`refuse` answers with status 400.")
              .one_of({"keep", "merge", "refuse"})
              .by_default("\"keep\""),
          Setting::string("server_name", "Value of the `Server` field of every response; an empty string sends none.")
              .at_most(128)
              .by_default("\"ropeway\""),
      });
  return settings;
}

}  // namespace ropeway::config
