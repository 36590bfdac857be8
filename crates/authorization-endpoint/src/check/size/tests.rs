use super::*;
use crate::tests::parameters;

#[test]
fn sp_014_state_and_nonce_of_8_kib_pass_and_one_byte_more_is_refused() {
    for name in ["state", "nonce"] {
        let ask = |value: &str| check(&parameters(&[(name, value)]));
        for unit in ["a", "é", "😀", "<", "\"", "\r\n", "\0"] {
            let full = unit.repeat(8192 / unit.len());
            assert_eq!(full.len(), 8192);
            assert_eq!(ask(&full), Ok(()), "{unit:?}");
            let error = ask(&format!("{full}a")).unwrap_err();
            assert_eq!((error.rule, error.value("name")), ("authorize.value_too_long", Some(name)));
            assert_eq!(error.code, ErrorCode::InvalidRequest);
        }
        assert_eq!(ask(""), Ok(()));
    }
    assert_eq!(check(&parameters(&[])), Ok(()));
}
