use super::Bcrypt;
use crate::{PhcError, check_phc};

const LONG: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

fn verify(password: &str, hash: &str) -> bool {
    Bcrypt::parse(hash).unwrap().verify(password.as_bytes())
}

/// From crypt_blowfish, and from libxcrypt.
#[test]
fn hashes_made_elsewhere_verify_their_password_alone() {
    for (hash, password) in [
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "U*U"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", "U*U*U"),
        ("$2b$04$abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG", "pässword"),
        ("$2y$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq", ""),
        ("$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG", "correct horse battery staple"),
    ] {
        assert!(verify(password, hash), "{password}");
        for other in ["u*u", "password", "correct horse battery staple ", "x"] {
            assert!(!verify(other, hash), "{other}");
        }
        assert_eq!(check_phc(hash), Ok(()));
    }
}

#[test]
fn bytes_after_the_72nd_do_not_count() {
    let hash = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
    for end in ["", "chars after 72 are ignored", "others"] {
        let password = format!("{LONG}{end}");
        assert!(verify(&password, hash), "{end}");
        assert_eq!(Bcrypt::covers(password.as_bytes()), end.is_empty());
    }
    assert!(!verify(&LONG[..71], hash));
}

/// The key is repeated, so that "a\0a" would pass for "a".
#[test]
fn a_password_with_a_nul_is_wrong() {
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    for password in ["U*U\0", "U*U\0U*U", "U*U\0U*U\0", "\0"] {
        assert!(!verify(password, hash), "{password:?}");
    }
}

#[test]
fn sp_118_a_cost_over_the_limit_and_malformed_hashes_are_refused() {
    let rest = "abcdefghijklmnopqrstuum174eFeoTj0DHmtuueFaS3Wde4P7wHG";
    for cost in ["00", "03", "13", "31", "99"] {
        assert_eq!(check_phc(&format!("$2b${cost}${rest}")), Err(PhcError::Cost), "{cost}");
    }
    for cost in ["04", "10", "12"] {
        assert_eq!(check_phc(&format!("$2b${cost}${rest}")), Ok(()), "{cost}");
    }
    for text in [
        format!("$2b$4${rest}"),
        format!("$2b$+4${rest}"),
        format!("$2b$010${rest}"),
        format!("$2b$10{rest}"),
        format!("$2b$10${rest}A"),
        format!("$2b$10${}", &rest[1..]),
        format!("$2b$10${}=", &rest[1..]),
        format!("$2b$10$é{}", &rest[2..]),
        "$2b$10$".to_owned(),
    ] {
        assert_eq!(check_phc(&text), Err(PhcError::Malformed), "{text}");
    }
    for text in [format!("$2x$10${rest}"), format!("$2$10${rest}"), "$2".to_owned()] {
        assert_eq!(check_phc(&text), Err(PhcError::Function), "{text}");
    }
}
