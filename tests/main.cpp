#include <csignal>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int argc, char* argv[]) {
  std::signal(SIGPIPE, SIG_IGN);  // as the programs do whose parts are tested
  return doctest::Context(argc, argv).run();
}
