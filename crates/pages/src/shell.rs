use crate::texts::Texts;

/// What is around every page: the language, the files, the name of the house.
pub(crate) struct Shell<'a> {
    /// What the page says.
    pub(crate) texts: &'a Texts,
    /// The path of the stylesheet.
    pub(crate) stylesheet: &'a str,
    /// The path of the icon.
    pub(crate) icon: &'a str,
    /// The tenant's name; empty where no tenant is known.
    pub(crate) tenant: String,
}

/// A name and its value in a list of facts.
pub(crate) struct Fact {
    /// What it is, as a text of ours.
    pub(crate) name: String,
    /// The value, as it came.
    pub(crate) value: String,
    /// Whether the value is for developers, and set in their type.
    pub(crate) technical: bool,
}
