use super::{Applied, MIGRATIONS, Migration, checksum, compare};
use crate::Refusal;

const FIRST: Migration = Migration { number: 1, name: "one", sql: "SELECT 1" };
const SECOND: Migration = Migration { number: 2, name: "two", sql: "SELECT 2" };

fn applied(migration: Migration) -> Applied {
    Applied { number: migration.number, checksum: checksum(migration.sql) }
}

#[test]
fn what_was_applied_must_be_the_beginning_of_what_is_known() {
    let known = [FIRST, SECOND];
    assert_eq!(compare(&[], &known).unwrap(), known);
    assert_eq!(compare(&[applied(FIRST)], &known).unwrap(), [SECOND]);
    assert_eq!(compare(&[applied(FIRST), applied(SECOND)], &known).unwrap(), []);
    let newer = compare(&[applied(FIRST), applied(SECOND)], &[FIRST]);
    assert!(matches!(newer, Err(Refusal::NewerSchema { found: 2, known: 1 })));
    let altered = compare(&[applied(Migration { sql: "SELECT 3", ..FIRST })], &known);
    assert!(matches!(altered, Err(Refusal::AlteredSchema { number: 1 })));
    let hole = compare(&[applied(SECOND)], &known);
    assert!(matches!(hole, Err(Refusal::AlteredSchema { number: 2 })));
}

#[test]
fn migrations_are_numbered_from_one_without_holes() {
    assert!((1..).zip(MIGRATIONS).all(|(number, migration)| migration.number == number));
}
