#pragma once

/// The version of these headers, as text. Programs and modules have to have the same: <ropeway/module.hpp>.
#define ROPEWAY_VERSION "0.1.0"
