use super::*;

#[test]
fn a_value_cannot_turn_the_text_around_it() {
    assert_eq!(visible("Bank\u{202e}gro.live\u{2069}\u{200f}!"), "Bankgro.live!");
    assert_eq!(visible("two\r\nlines\u{0}"), "twolines");
}

#[test]
fn letters_of_every_script_and_joined_emoji_stay() {
    for name in ["مرحبا", "שלום", "Grüße", "日本語", "👩\u{200d}💻", "a b"] {
        assert_eq!(visible(name), name);
    }
}
