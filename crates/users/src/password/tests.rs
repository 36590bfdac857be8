use super::*;

fn check(password: &str) -> Result<(), PasswordRule> {
    check_new_password(&Secret::from(password))
}

#[test]
fn the_limit_is_1024_bytes_and_nothing_shorter_is_cut() {
    assert_eq!(check(&"a".repeat(1024)), Ok(()));
    assert_eq!(check(&"a".repeat(1025)), Err(PasswordRule::TooLong));
    assert_eq!(check(&"€".repeat(341)), Ok(()));
    assert_eq!(check(&"€".repeat(342)), Err(PasswordRule::TooLong), "bytes count, not letters");
    assert_eq!(MAX_PASSWORD_BYTES, 1024);
}

#[test]
fn an_empty_password_is_none_and_white_space_is_one() {
    assert_eq!(check(""), Err(PasswordRule::Empty));
    for password in [" ", "a", "\0", "pass word"] {
        assert_eq!(check(password), Ok(()), "{password:?}");
    }
}
