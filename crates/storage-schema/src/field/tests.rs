use countersign_storage::{Client, SigningKey, SingleUse};

use crate::{ClientRow, SigningKeyRow, SingleUseRow};

fn client() -> ClientRow {
    ClientRow {
        id: "client 1".to_owned(),
        secret: None,
        secret_sealed_by: None,
        body: "{}".to_owned(),
        created_at: 0,
        version: 1,
        epoch: 1,
    }
}

fn artefact() -> SingleUseRow {
    SingleUseRow {
        kind: "authorization_code".to_owned(),
        handle: vec![0xab; 32],
        second_handle: None,
        client_id: "client".to_owned(),
        user_id: None,
        session_id: None,
        authorization_id: None,
        status: "issued".to_owned(),
        attempts: 0,
        created_at: 0,
        expires_at: 0,
        redeemed_at: None,
        payload: "null".to_owned(),
    }
}

fn refused(row: SingleUseRow) -> String {
    SingleUse::try_from(row).unwrap_err().to_string()
}

#[test]
fn a_row_that_cannot_be_names_table_column_and_key() {
    let broken = ClientRow { body: "{\"name\": 7}".to_owned(), ..client() };
    let fault = Client::try_from(broken).unwrap_err().to_string();
    assert!(fault.starts_with("table clients, column body, key client 1: "), "{fault}");
}

#[test]
fn a_fault_shows_nothing_of_what_the_row_holds() {
    let broken = ClientRow { body: "{\"is_first_party\": \"s3cret\"}".to_owned(), ..client() };
    let fault = Client::try_from(broken).unwrap_err().to_string();
    assert!(!fault.contains("s3cret"), "{fault}");
}

#[test]
fn a_handle_is_32_bytes() {
    let fault = refused(SingleUseRow { handle: vec![0xab; 31], ..artefact() });
    assert!(fault.starts_with("table single_uses, column handle, key abab"), "{fault}");
    let fault = refused(SingleUseRow { second_handle: Some(Vec::new()), ..artefact() });
    assert!(fault.contains("column second_handle"), "{fault}");
}

#[test]
fn words_and_counts_outside_their_lists_are_refused() {
    let fault = refused(SingleUseRow { kind: "Authorization_Code".to_owned(), ..artefact() });
    assert!(fault.contains("column kind"), "{fault}");
    for attempts in [-1, i64::from(u32::MAX) + 1] {
        let fault = refused(SingleUseRow { attempts, ..artefact() });
        assert!(fault.contains("column attempts"), "{fault}");
    }
    let key = SigningKeyRow {
        kid: "kid".to_owned(),
        algorithm: "none".to_owned(),
        state: "current".to_owned(),
        private_key: Vec::new(),
        private_key_sealed_by: "data key".to_owned(),
        certificate: Vec::new(),
        created_at: 0,
        state_since: 0,
        published_at: None,
    };
    let fault = SigningKey::try_from(key.clone()).unwrap_err().to_string();
    assert!(fault.starts_with("table signing_keys, column algorithm, key kid: "), "{fault}");
    let key = SigningKeyRow { algorithm: "ES256".to_owned(), state: "old".to_owned(), ..key };
    assert!(SigningKey::try_from(key).unwrap_err().to_string().contains("column state"));
}

#[test]
fn a_sealed_value_stands_with_the_key_that_sealed_it() {
    let alone = ClientRow { secret: Some(vec![1]), ..client() };
    assert!(Client::try_from(alone).unwrap_err().to_string().contains("column secret"));
    let keyless = ClientRow { secret_sealed_by: Some("data key".to_owned()), ..client() };
    assert!(Client::try_from(keyless).unwrap_err().to_string().contains("column secret"));
}
