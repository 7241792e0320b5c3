//! Tells a peer which version it holds of the crate that its own name ends with, and of flume: the
//! ones in Debian's registry.

use std::{env, fs};

fn version_of(name: &str) -> String {
    let prefix = format!("{}-", name);
    fs::read_dir("/usr/share/cargo/registry")
        .into_iter()
        .flatten()
        .flatten()
        .find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(&prefix)?;
            rest.starts_with(|first: char| first.is_ascii_digit())
                .then(|| rest.to_owned())
        })
        .unwrap_or_default()
}

fn main() {
    let package = env::var("CARGO_PKG_NAME").unwrap();
    let own = version_of(package.trim_start_matches("handfast-bench-"));
    println!("cargo:rustc-env=PEER_VERSION={}", own);
    println!("cargo:rustc-env=FLUME_VERSION={}", version_of("flume"));
}
