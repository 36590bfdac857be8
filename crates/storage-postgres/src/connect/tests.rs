use countersign_oauth::Secret;

use super::Target;
use crate::{PostgresOptions, Refusal, Tls};

fn refused(url: &str) -> String {
    let options = PostgresOptions::new(Secret::from(url));
    let error = Target::new(&options).err().unwrap();
    assert!(!format!("{error:?} {error}").contains("s3cret"), "{error}");
    error.to_string()
}

#[test]
fn a_url_that_cannot_be_read_is_refused_without_showing_it() {
    for url in [
        "",
        "sqlite:s3cret",
        "host=localhost password=s3cret",
        "postgres://user:s3cret@host:port/database",
        "postgres://host/database?s3cret=1",
        "postgres:///database",
    ] {
        assert!(refused(url).contains("write postgres://USER:PASSWORD@HOST:PORT/DATABASE"), "{url}");
    }
}

#[test]
fn tls_is_not_said_in_the_url() {
    for url in ["postgres://u:s3cret@host/db?sslmode=require", "postgres://host/db?a=b&sslrootcert=x"] {
        assert!(refused(url).contains("say it in the settings for TLS"), "{url}");
    }
}

#[test]
fn a_database_is_named_without_its_password() {
    let options = PostgresOptions::new(Secret::from("postgresql://user:s3cret@host:6432/tenant"));
    assert_eq!(Target::new(&options).unwrap().refused(Refusal::Foreign).database, "tenant at host:6432");
    assert!(!format!("{options:?}").contains("s3cret"));
}

#[test]
fn an_empty_pool_and_a_missing_file_of_authorities_are_refused() {
    let options = PostgresOptions::new(Secret::from("postgres://host/db"));
    let empty = PostgresOptions { pool_size: 0, ..options.clone() };
    assert!(matches!(Target::new(&empty).err().unwrap().refusal, Refusal::EmptyPool));
    let tls = Tls::VerifyFull { ca_file: Some("/nowhere/ca.pem".into()) };
    let error = Target::new(&PostgresOptions { tls, ..options }).err().unwrap().to_string();
    assert!(error.contains("/nowhere/ca.pem"), "{error}");
}
