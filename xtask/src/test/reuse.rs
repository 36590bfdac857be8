//! What others get: the documentation, the packages and the examples.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::needs::OpenSsl;
use crate::work::{self, Work};

/// Builds the documentation, in which no link may lead nowhere.
pub(super) fn documentation(work: &Work, openssl: OpenSsl) -> Result<(), String> {
    let mut command = work.cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    openssl.tell(&mut command);
    command.env("RUSTDOCFLAGS", "-D warnings -D rustdoc::broken_intra_doc_links");
    work::run_within_deadline(command)
}

/// Builds the program and runs the examples' tests against it; what both workspaces compile is shared.
pub(super) fn examples(work: &Work, openssl: OpenSsl) -> Result<(), String> {
    let target = work.target_folder()?;
    let mut build =
        work.cargo(&["build", "--workspace", "--locked", "--bin", "countersign", "--test", "contract"]);
    openssl.tell(&mut build);
    work::run_within_deadline(build)?;
    let mut test = in_examples(work, &["test", "--workspace", "--locked", "--no-fail-fast"]);
    openssl.tell(&mut test);
    test.arg("--target-dir").arg(&target);
    test.env("PROGRAM_UNDER_TEST", target.join("debug").join("countersign"));
    work::run_within_deadline(test)
}

/// A cargo command in the workspace of the examples.
pub(super) fn in_examples(work: &Work, arguments: &[&str]) -> Command {
    let mut command = work.cargo(arguments);
    command.current_dir(work.root().join("examples"));
    command
}

/// Packages every crate that is published, and compiles what the packages hold, so that a file which is there
/// in the work tree and missing from a package is found.
pub(super) fn package(work: &Work, openssl: OpenSsl) -> Result<(), String> {
    let metadata = work.metadata(&["--no-deps"])?;
    let published = published(&metadata);
    // What is not committed yet is packaged, too: the check is of the files as they are.
    let mut arguments = vec!["package", "--no-verify", "--locked", "--allow-dirty"];
    arguments.extend(published.iter().flat_map(|(name, _)| ["--package", name.as_str()]));
    let mut package = work.cargo(&arguments);
    openssl.tell(&mut package);
    work::run_within_deadline(package)?;
    let target = work.target_folder()?;
    let folder = target.join("xtask").join("packages");
    unpack(&published, &target.join("package"), &folder)?;
    write_workspace(work, &published, &folder)?;
    let mut check = work.cargo(&["check", "--workspace", "--offline"]);
    openssl.tell(&mut check);
    check.current_dir(&folder).arg("--target-dir").arg(&target);
    work::run_within_deadline(check)
}

/// Name and version of each crate that is published.
fn published(metadata: &Value) -> Vec<(String, String)> {
    let packages = metadata.get("packages").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |package: &Value, name: &str| package.get(name).and_then(Value::as_str).map(str::to_owned);
    // An empty list of registries means `publish = false`.
    let is_published = |package: &&Value| package.get("publish").is_none_or(Value::is_null);
    let of = |package: &Value| Some((text(package, "name")?, text(package, "version")?));
    packages.iter().filter(is_published).filter_map(of).collect()
}

fn unpack(published: &[(String, String)], packages: &Path, folder: &Path) -> Result<(), String> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, version) in published {
        let file = packages.join(format!("{name}-{version}.crate"));
        let mut tar = Command::new("tar");
        tar.arg("-xzf").arg(&file).arg("-C").arg(folder);
        let status = tar.status().map_err(|error| format!("tar does not run: {error}"))?;
        if !status.success() {
            return Err(format!("{} cannot be unpacked", file.display()));
        }
    }
    Ok(())
}

/// The packages as one workspace, in which each takes the others as a registry would give them.
fn write_workspace(work: &Work, published: &[(String, String)], folder: &Path) -> Result<(), String> {
    let manifest = fs::read_to_string(work.root().join("Cargo.toml"))
        .map_err(|error| format!("Cargo.toml cannot be read: {error}"))?;
    let profiles = manifest.find("[profile.dev]").map_or("", |at| manifest.get(at..).unwrap_or_default());
    let mut text = String::from("[workspace]\nresolver = \"3\"\nmembers = [\"*-*\"]\n\n[patch.crates-io]\n");
    for (name, version) in published {
        text.push_str(&format!("{name} = {{ path = \"{name}-{version}\" }}\n"));
    }
    text.push_str(&format!("\n{profiles}"));
    let write = |name: &str, text: &str| {
        fs::write(folder.join(name), text).map_err(|error| format!("{name} cannot be written: {error}"))
    };
    write("Cargo.toml", &text)?;
    let lock = fs::read_to_string(work.root().join("Cargo.lock"))
        .map_err(|error| format!("Cargo.lock cannot be read: {error}"))?;
    write("Cargo.lock", &lock)
}
