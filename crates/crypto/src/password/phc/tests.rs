use super::{Argon2Cost, Phc, PhcError, check_phc};

const SALT: &str = "c29tZXNhbHQ";
const HASH: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn phc(cost: &str) -> String {
    format!("$argon2id$v=19${cost}${SALT}${HASH}")
}

#[test]
fn a_well_formed_string_within_the_limits_is_taken() {
    for text in [
        phc("m=19456,t=2,p=1"),
        phc("m=65536,t=10,p=4"),
        phc("m=8,t=1,p=1"),
        phc("m=32,t=1,p=4"),
        format!("$argon2i$v=19$m=4096,t=3,p=1${SALT}${HASH}"),
        format!("$argon2d$v=16$m=4096,t=3,p=1${SALT}${HASH}"),
        format!("$argon2id$m=4096,t=3,p=1${SALT}${HASH}"),
    ] {
        assert_eq!(check_phc(&text), Ok(()), "{text}");
    }
}

#[test]
fn sp_118_refuses_costs_over_the_limits() {
    for cost in [
        "m=65537,t=2,p=1",
        "m=4194304,t=2,p=1",
        "m=19456,t=11,p=1",
        "m=19456,t=2,p=5",
        "m=4294967295,t=2,p=1",
        "m=4294967296,t=2,p=1",
        "m=99999999999999999999,t=2,p=1",
        "m=19456,t=99999999999999999999,p=1",
        "m=7,t=1,p=1",
        "m=31,t=1,p=4",
    ] {
        assert_eq!(check_phc(&phc(cost)), Err(PhcError::Cost), "{cost}");
    }
}

#[test]
fn refuses_other_functions_and_malformed_strings() {
    for text in
        ["$2x$10$abcdefghijklmnopqrstuv", "$scrypt$ln=16$a$b", "$argon2$m=8,t=1,p=1$a$b", "$", "$ARGON2ID$"]
    {
        assert_eq!(check_phc(text), Err(PhcError::Function), "{text}");
    }
    let good = phc("m=8,t=1,p=1");
    for text in [
        String::new(),
        "argon2id".to_owned(),
        good[1..].to_owned(),
        format!("{good}$"),
        format!("{good}="),
        good.replace("v=19", "v=18"),
        good.replace("v=19", "v="),
        good.replace("$v=19", "$v=19$v=19"),
        good.replace(SALT, "c2hvcnQ"),
        good.replace(SALT, ""),
        good.replace(HASH, "AAAA"),
        good.replace(HASH, &"A".repeat(88)),
        good.replace(HASH, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"),
        phc("m=8,t=1"),
        phc("t=1,m=8,p=1"),
        phc("m=8,t=1,p=1,keyid=AA"),
        phc("m=08,t=1,p=1"),
        phc("m=0,t=1,p=1"),
        phc("m=8,t=0,p=1"),
        phc("m=+8,t=1,p=1"),
        phc("m=,t=1,p=1"),
        phc(""),
    ] {
        assert_eq!(check_phc(&text), Err(PhcError::Malformed), "{text}");
    }
}

#[test]
fn only_todays_form_is_current() {
    let cost = Argon2Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
    let full_salt = "AAAAAAAAAAAAAAAAAAAAAA";
    let current = phc("m=8,t=1,p=1").replace(SALT, full_salt);
    let is_current = |text: &str| Phc::parse(text).map(|phc| phc.is_current(cost)).unwrap();
    assert!(is_current(&current));
    for other in [
        current.replace("m=8", "m=16"),
        current.replace("t=1", "t=2"),
        current.replace("m=8,t=1,p=1", "m=16,t=1,p=2"),
        current.replace("argon2id", "argon2i"),
        current.replace("v=19", "v=16"),
        current.replace(full_salt, SALT),
        current.replace(HASH, "AAAAAAAAAAAAAAAAAAAAAA"),
    ] {
        assert!(!is_current(&other), "{other}");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_panics(text in "\\PC*|\\$argon2id\\$v=19\\$m=[0-9]{0,12},t=[0-9]{0,12},p=[0-9]{0,12}\\$[A-Za-z0-9+/]{0,90}\\$[A-Za-z0-9+/]{0,90}") {
        let _ = check_phc(&text);
    }
}
