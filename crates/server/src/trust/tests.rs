use std::path::Path;

use countersign_crypto::{DevAuthority, OsRandom, SystemClock};
use countersign_oauth::Clock as _;

use super::*;

fn authority() -> String {
    DevAuthority::generate(&[], &OsRandom, SystemClock.now()).unwrap().certificate_pem().unwrap()
}

/// A store of certificates in a folder of the test's own, which Debian's own program reads.
fn store(root: &Path) -> SystemStore {
    let folder = |name: &str| {
        std::fs::create_dir_all(root.join(name)).unwrap();
        root.join(name).display().to_string()
    };
    std::fs::write(root.join("conf"), "").unwrap();
    let (own, etc, hooks) = (folder("own"), folder("etc"), folder("hooks"));
    let conf = root.join("conf").display().to_string();
    let update = [
        "update-ca-certificates",
        "--localcertsdir",
        &own,
        "--etccertsdir",
        &etc,
        "--hooksdir",
        &hooks,
        "--certsconf",
        &conf,
    ];
    SystemStore::Folder { update: update.map(str::to_owned).into(), certificates: own.into() }
}

fn run_trust(command: TrustCommand, options: &TrustOptions) -> Result<String, Vec<Failure>> {
    let mut out = Vec::new();
    trust(command, options, &Environment::default(), &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

fn bundle(root: &Path) -> String {
    std::fs::read_to_string(root.join("etc/ca-certificates.crt")).unwrap_or_default()
}

#[test]
fn the_system_takes_the_authority_once_and_gives_back_ours_alone() {
    if !Path::new("/usr/sbin/update-ca-certificates").is_file() {
        // Where the system has another way, that of Debian cannot be tried.
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let options = TrustOptions { data: data.clone(), system: Some(store(root.path())), browsers: false };
    let (ours, other) = (authority(), authority());
    std::fs::write(data.join("ca.pem"), &ours).unwrap();
    std::fs::write(root.path().join("own/other.crt"), &other).unwrap();

    assert!(run_trust(TrustCommand::Install, &options).unwrap().contains(" added to "));
    assert!(bundle(root.path()).contains(&ours));
    assert!(run_trust(TrustCommand::Install, &options).unwrap().contains(" is already in "));
    assert_eq!(std::fs::read_dir(root.path().join("own")).unwrap().count(), 2);

    // An authority made anew takes the place of the one before.
    let renewed = authority();
    std::fs::write(data.join("ca.pem"), &renewed).unwrap();
    let said = run_trust(TrustCommand::Install, &options).unwrap();
    assert!(said.contains(" removed from ") && said.contains(" added to "), "{said}");
    assert!(bundle(root.path()).contains(&renewed) && !bundle(root.path()).contains(&ours));

    let said = run_trust(TrustCommand::Uninstall, &options).unwrap();
    assert!(said.contains(" removed from "), "{said}");
    assert!(bundle(root.path()).contains(&other), "another's certificate stays");
    assert!(!bundle(root.path()).contains(&renewed));
    assert!(run_trust(TrustCommand::Uninstall, &options).unwrap().starts_with("nothing of ours is in"));
}

#[test]
fn what_the_system_did_not_take_is_not_left_behind() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("ca.pem"), authority()).unwrap();
    let own = root.path().join("own");
    std::fs::create_dir(&own).unwrap();
    for (program, told) in [("false", "failed"), ("no-such-program", "is missing")] {
        let system = SystemStore::Folder { certificates: own.clone(), update: vec![program.to_owned()] };
        let options = TrustOptions { data: root.path().to_owned(), system: Some(system), browsers: false };
        let failures = run_trust(TrustCommand::Install, &options).unwrap_err();
        assert!(failures[0].text.contains(told), "{failures:?}");
        assert_eq!(std::fs::read_dir(&own).unwrap().count(), 0);
    }
}

#[test]
fn without_an_authority_there_is_nothing_to_trust() {
    let root = tempfile::tempdir().unwrap();
    let options = TrustOptions { data: root.path().to_owned(), system: None, browsers: false };
    let failures = run_trust(TrustCommand::Install, &options).unwrap_err();
    assert!(failures[0].to_string().contains("--data: ") && failures[0].text.contains("countersign dev"));
}
