#pragma once

#include <string_view>

namespace ropeway::handlers {

/// The style sheet inside a listing: follows the reader's choice of light or dark, and puts size and time under the name on a phone.
inline constexpr std::string_view listing_style = R"(
:root {
  --page: #f4f5f7; --card: #fff; --line: #e3e6ea; --text: #1c2128; --quiet: #636c76; --link: #0b57d0; --folder: #e0a32e; --hover: #eef3fc;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --card: #1a1e24; --line: #2c323a; --text: #e4e8ed; --quiet: #949da8;
    --link: #8ab8ff; --folder: #e3b355; --hover: #222932;
  }
}
* { box-sizing: border-box; }
svg[hidden] { display: none; }
body {
  margin: 0; padding: 2.5rem 1rem; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif;
}
main { max-width: 60rem; margin: 0 auto; }
a { color: inherit; text-decoration: none; }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
nav ol {
  display: flex; flex-wrap: wrap; align-items: baseline; margin: 0 0 1.25rem; padding: 0 .25rem; list-style: none; font-size: 1.25rem;
}
nav li { max-width: 100%; overflow-wrap: anywhere; }
nav li + li::before { content: "/"; margin: 0 .45em; color: var(--quiet); }
nav a { color: var(--link); }
nav a:hover { text-decoration: underline; }
h1 { display: inline; margin: 0; font-size: inherit; font-weight: 600; }
table {
  width: 100%; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
}
th, td { padding: .5rem 1rem; text-align: left; }
th { padding: 0; border-bottom: 1px solid var(--line); font-size: .8125rem; font-weight: 600; color: var(--quiet); white-space: nowrap; }
th a { display: block; padding: .6rem 1rem; }
th a:hover { color: var(--link); }
th[aria-sort] a { color: var(--text); }
th[aria-sort] a::after { content: "▲"; display: inline-block; margin-left: .4em; font-size: .65em; vertical-align: .15em; }
th[aria-sort=descending] a::after { content: "▼"; }
tbody tr + tr td { border-top: 1px solid var(--line); }
tbody tr:hover td { background: var(--hover); }
tbody tr:last-child td:first-child { border-bottom-left-radius: 11px; }
tbody tr:last-child td:last-child { border-bottom-right-radius: 11px; }
td.name { width: 100%; padding: 0; }
td.name a { display: flex; align-items: center; gap: .65rem; padding: .5rem 1rem; overflow-wrap: anywhere; white-space: pre-wrap; }
td.name a:hover { color: var(--link); }
td.name svg { flex: none; width: 20px; height: 20px; color: var(--quiet); }
td.name svg.folder { color: var(--folder); }
tr.parent a { color: var(--quiet); }
tr.empty td { padding: 2rem; text-align: center; color: var(--quiet); }
.size, .modified { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.size, td.modified { color: var(--quiet); font-size: .875rem; }
.size { text-align: right; }
footer { padding: .25rem; color: var(--quiet); font-size: .8125rem; }
footer p { margin: .5rem 0 0; }
.cut { color: var(--text); font-weight: 600; }
@media (max-width: 36rem) {
  body { padding: 1.25rem .75rem; }
  thead tr { display: flex; border-bottom: 1px solid var(--line); }
  th { border: 0; }
  thead .name { flex: 1; }
  th a { padding: .6rem .75rem; }
  table, thead, tbody { display: block; }
  tbody tr { display: flex; flex-wrap: wrap; column-gap: .75rem; padding: .35rem .75rem .45rem calc(1.4rem + 20px); }
  tbody tr + tr { border-top: 1px solid var(--line); }
  tbody tr + tr td { border: 0; }
  tbody tr:hover td { background: none; }
  td { padding: 0; }
  td.name { flex: 0 0 100%; }
  td.name a { padding: .2rem 0; margin-left: calc(-.65rem - 20px); }
  td.size, td.modified { font-size: .8125rem; }
  td.size:empty { display: none; }
  tr.empty td { flex: 1; }
}
)";

}  // namespace ropeway::handlers
