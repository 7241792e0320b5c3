// <handfast/check.hpp>, as it is installed.
#pragma once

#include "models/check/check.hpp"
