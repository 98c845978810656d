#include <ropeway/launch.hpp>

#include "launcher/src/program.hpp"

namespace ropeway {

int launch(int argc, char* argv[], const Register& register_handlers) {
  return launcher::run_program(argc, argv, register_handlers, false);
}

}  // namespace ropeway
