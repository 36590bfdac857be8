use super::hmac_sha256;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_test_cases_of_rfc_4231_hold() {
    for (key, message, expected) in [
        (
            [0x0b; 20].to_vec(),
            &b"Hi There"[..],
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            [0xaa; 131].to_vec(),
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ] {
        assert_eq!(hex(&hmac_sha256(&key, &[message])), expected);
        let (head, tail) = message.split_at(3);
        assert_eq!(hex(&hmac_sha256(&key, &[head, tail])), expected);
    }
}
