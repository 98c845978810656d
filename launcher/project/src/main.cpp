#include "service.hpp"

int main(int argc, char* argv[]) { return ropeway::launch(argc, argv, register_service); }
