//! What the process used so far, from getrusage(2). The libc crate is not among
//! the packages that the build asks for, so the one call is declared here.

use std::ops::Sub;
use std::os::raw::{c_int, c_long};

/// CPU time and context switches of all threads together.
pub struct Usage {
    pub cpu_ns: i64,
    pub switches: i64,
}

// Linux: two timevals, then fourteen longs; the last two count switches.
#[repr(C)]
#[derive(Default)]
struct Rusage {
    user: [c_long; 2],
    system: [c_long; 2],
    other: [c_long; 12],
    voluntary_switches: c_long,
    involuntary_switches: c_long,
}

const RUSAGE_SELF: c_int = 0;

extern "C" {
    fn getrusage(who: c_int, into: *mut Rusage) -> c_int;
}

impl Usage {
    pub fn now() -> Usage {
        let mut usage = Rusage::default();
        // SAFETY: `usage` has the layout that the kernel writes.
        let status = unsafe { getrusage(RUSAGE_SELF, &mut usage) };
        assert_eq!(status, 0, "getrusage");
        let nanoseconds =
            |time: [c_long; 2]| time[0] as i64 * 1_000_000_000 + time[1] as i64 * 1_000;
        Usage {
            cpu_ns: nanoseconds(usage.user) + nanoseconds(usage.system),
            switches: usage.voluntary_switches as i64 + usage.involuntary_switches as i64,
        }
    }
}

impl Sub for Usage {
    type Output = Usage;

    fn sub(self, earlier: Usage) -> Usage {
        Usage {
            cpu_ns: self.cpu_ns - earlier.cpu_ns,
            switches: self.switches - earlier.switches,
        }
    }
}
