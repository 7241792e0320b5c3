//! Tells the program which crossbeam-channel it holds: the version in Debian's registry.

use std::fs;

fn main() {
    let version = fs::read_dir("/usr/share/cargo/registry")
        .into_iter()
        .flatten()
        .flatten()
        .find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            name.strip_prefix("crossbeam-channel-").map(str::to_owned)
        })
        .unwrap_or_else(|| "unknown".to_owned());
    println!("cargo:rustc-env=CROSSBEAM_CHANNEL_VERSION={}", version);
}
