use countersign_storage::PasswordHash;
use serde_json::{Map, Value};

/// The largest memory that an imported hash may ask for, in KiB (SP-118).
const MAX_MEMORY: u32 = 64 * 1024;
/// The most passes.
const MAX_PASSES: u32 = 10;
/// The most lanes.
const MAX_LANES: u32 = 4;
/// The costs of bcrypt that are taken: from its own least to a third of a second.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=12;

/// Reads `password_hash`: bcrypt, as Auth0 exports it. The message never shows the hash.
pub(super) fn password_hash(text: &str) -> Result<PasswordHash, String> {
    bcrypt(text).ok_or_else(|| {
        format!(
            "must be a bcrypt hash, $2a$, $2b$ or $2y$, of a cost between {} and {}",
            BCRYPT_COSTS.start(),
            BCRYPT_COSTS.end()
        )
    })
}

/// Reads `custom_password_hash`: argon2 as a PHC string, or bcrypt; the message never shows the hash.
pub(super) fn custom_password_hash(hash: &Map<String, Value>) -> Result<PasswordHash, String> {
    if let Some(key) =
        hash.keys().find(|key| !["algorithm", "hash", "salt", "password", "keylen"].contains(&key.as_str()))
    {
        return Err(format!("has {key}, which is no key of it"));
    }
    let algorithm = hash.get("algorithm").and_then(Value::as_str);
    match algorithm {
        Some("argon2" | "bcrypt") => {}
        Some(
            other @ ("hmac" | "ldap" | "md4" | "md5" | "sha1" | "sha256" | "sha512" | "pbkdf2" | "scrypt"),
        ) => return Err(format!("is of {other}, and such hashes come with a later release")),
        _ => return Err("must name its algorithm".to_owned()),
    }
    if hash.get("salt").is_some_and(|salt| !salt.is_null()) {
        return Err("has a salt beside a hash that carries its own".to_owned());
    }
    let value = hash.get("hash").and_then(|hash| hash.get("value")).and_then(Value::as_str);
    if algorithm == Some("bcrypt") {
        return password_hash(value.unwrap_or_default());
    }
    argon2(value.unwrap_or_default()).ok_or_else(|| {
        format!(
            "must be an argon2 PHC string of version 19 with at most m={MAX_MEMORY}, t={MAX_PASSES}, p={MAX_LANES}"
        )
    })
}

/// The hash, if it is one of bcrypt whose cost is within the limits (SP-118).
fn bcrypt(text: &str) -> Option<PasswordHash> {
    let rest = ["$2a$", "$2b$", "$2y$"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let (cost, salt_and_hash) = rest.split_once('$')?;
    let plain = cost.len() == 2 && cost.bytes().all(|b| b.is_ascii_digit());
    let within = plain && BCRYPT_COSTS.contains(&cost.parse().ok()?);
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'/';
    let whole = salt_and_hash.len() == 53 && salt_and_hash.bytes().all(known);
    (within && whole).then(|| PasswordHash::new(text))
}

/// The PHC string, if it is one whose cost is within the limits (SP-118).
fn argon2(phc: &str) -> Option<PasswordHash> {
    let mut parts = phc.strip_prefix('$')?.split('$');
    let (variant, version) = (parts.next()?, parts.next()?);
    let (parameters, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    let is_known = matches!(variant, "argon2id" | "argon2i" | "argon2d") && version == "v=19";
    if !is_known || parts.next().is_some() {
        return None;
    }
    let mut parameters = parameters.split(',');
    let mut number = |name: &str| {
        let digits = parameters.next()?.strip_prefix(name)?.strip_prefix('=')?;
        let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
        plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let (memory, passes, lanes) = (number("m")?, number("t")?, number("p")?);
    let within = memory <= MAX_MEMORY && passes <= MAX_PASSES && lanes <= MAX_LANES && memory >= 8 * lanes;
    let base64 = |text: &str, least: usize, most: usize| {
        (least..=most).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
    };
    let whole = parameters.next().is_none() && base64(salt, 11, 64) && base64(output, 22, 86);
    (within && whole).then(|| PasswordHash::new(phc))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SALT_AND_HASH: &str = "c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

    fn read(phc: &str) -> Result<PasswordHash, String> {
        let value = json!({ "algorithm": "argon2", "hash": { "value": phc, "encoding": "utf8" } });
        custom_password_hash(value.as_object().unwrap())
    }

    #[test]
    fn argon2_hashes_within_the_limits_are_taken() {
        for parameters in ["m=65536,t=3,p=4", "m=8,t=1,p=1", "m=19456,t=2,p=1"] {
            for variant in ["argon2id", "argon2i", "argon2d"] {
                read(&format!("${variant}$v=19${parameters}${SALT_AND_HASH}")).unwrap();
            }
        }
    }

    #[test]
    fn sp_118_parameters_above_the_limits_are_refused() {
        let costly = [
            "m=4194304,t=3,p=1",
            "m=65537,t=3,p=1",
            "m=65536,t=11,p=1",
            "m=65536,t=3,p=5",
            "m=4294967296,t=1,p=1",
            "m=0065536,t=3,p=1",
            "m=0,t=1,p=1",
            "m=8,t=0,p=1",
            "m=8,t=1,p=2",
            "m=8,t=1",
            "t=1,m=8,p=1",
            "m=8,t=1,p=1,x=2",
            "m=-8,t=1,p=1",
            "m=+8,t=1,p=1",
        ];
        for parameters in costly {
            assert!(read(&format!("$argon2id$v=19${parameters}${SALT_AND_HASH}")).is_err(), "{parameters}");
        }
    }

    #[test]
    fn what_is_no_argon2_phc_string_is_refused_and_never_shown() {
        let wrong = [
            "",
            "$2b$10$abcdefghijklmnopqrstuv",
            "$argon2id$v=16$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA",
            "$argon2id$v=19$m=8,t=1,p=1$c2Fs$aGFzaGhhc2hoYXNoaGFzaA",
            "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaA$x",
        ];
        for phc in wrong {
            let message = read(phc).unwrap_err();
            assert!(!message.contains("c29tZXNhbHRz"), "{message}");
        }
    }

    #[test]
    fn sp_118_bcrypt_hashes_within_the_limits_are_taken_in_both_places() {
        const REST: &str = "abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG";
        let both = |text: &str| {
            let value = json!({ "algorithm": "bcrypt", "hash": { "value": text, "encoding": "utf8" } });
            let custom = custom_password_hash(value.as_object().unwrap());
            assert_eq!(password_hash(text), custom);
            custom
        };
        for (prefix, cost) in [("2a", "04"), ("2b", "10"), ("2y", "12")] {
            assert!(both(&format!("${prefix}${cost}${REST}")).is_ok(), "{prefix} {cost}");
        }
        for wrong in [
            format!("$2b$13${REST}"),
            format!("$2b$31${REST}"),
            format!("$2b$03${REST}"),
            format!("$2b$4${REST}"),
            format!("$2b$+9${REST}"),
            format!("$2x$10${REST}"),
            format!("$2b$10${REST}A"),
            format!("$2b$10${}", &REST[1..]),
            format!("$2b$10${}!", &REST[1..]),
            String::new(),
        ] {
            let message = both(&wrong).unwrap_err();
            assert!(!message.contains("abcdefghij"), "{message}");
        }
    }

    #[test]
    fn algorithms_that_come_later_are_named() {
        let value = json!({ "algorithm": "pbkdf2", "hash": { "value": "x" } });
        let message = custom_password_hash(value.as_object().unwrap()).unwrap_err();
        assert_eq!(message, "is of pbkdf2, and such hashes come with a later release");
        let value = json!({ "algorithm": "rot13" });
        assert!(custom_password_hash(value.as_object().unwrap()).is_err());
    }
}
