// The `ropeway` program: a launch with no handlers of its own, and `serve`.

#include "launcher/src/program.hpp"

int main(int argc, char* argv[]) {
  return ropeway::launcher::run_program(argc, argv, [](ropeway::Registry&) {}, true);
}
