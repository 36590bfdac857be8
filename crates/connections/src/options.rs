use serde_json::{Map, Value};

/// The options of a strategy (extended contract §2.6.2). What is not listed is kept as it is.
#[derive(Debug, Clone, Copy)]
pub struct StrategyOptions {
    /// What it knows.
    pub fields: &'static [Field],
    /// How `scope` is written.
    pub scope: ScopeForm,
}

/// One option.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: FieldKind,
}

/// What an option holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A text.
    Text,
    /// A text that nobody shall see: stored sealed.
    Secret,
    /// A list of texts.
    Texts,
    /// A switch.
    Flag,
    /// A switch that asks for a scope of the provider, written into `scope`.
    Scope(&'static str),
    /// One of these.
    OneOf(&'static [&'static str]),
}

/// How a strategy writes `scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeForm {
    /// A list.
    List,
    /// A text, separated by commas.
    Commas,
    /// A text, separated by spaces.
    Spaces,
}

/// An option that does not hold what it must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    /// Which.
    pub name: String,
    /// What it must be.
    pub must_be: String,
}

/// A field of an option.
pub(crate) const fn field(name: &'static str, kind: FieldKind) -> Field {
    Field { name, kind }
}

/// Options that every strategy has.
const COMMON: [Field; 3] = [
    field("non_persistent_attrs", FieldKind::Texts),
    field(
        "set_user_root_attributes",
        FieldKind::OneOf(&["on_each_login", "on_first_login", "never_on_login"]),
    ),
    field("upstream_base_url", FieldKind::Text),
];

impl StrategyOptions {
    /// No options beside those that all have.
    pub const NONE: Self = Self { fields: &[], scope: ScopeForm::List };

    /// Every option, the common ones last.
    pub fn all(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(&COMMON)
    }

    /// The options that are stored sealed.
    pub fn secrets(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().filter(|field| field.kind == FieldKind::Secret).map(|field| field.name)
    }

    /// What is wrong with these options; `null` counts as left out.
    #[must_use]
    pub fn problems(&self, options: &Map<String, Value>) -> Vec<OptionProblem> {
        let given = |field: &'static Field| options.get(field.name).filter(|value| !value.is_null());
        let fields = self.fields.iter().chain(COMMON_FIELDS);
        let mut problems: Vec<OptionProblem> =
            fields.filter_map(|field| field.kind.problem(field.name, given(field)?)).collect();
        if options.get("scope").is_some_and(|scope| self.scope.read(scope).is_none()) {
            let must_be = if self.scope == ScopeForm::List { "a list of texts" } else { "a text" };
            problems.push(OptionProblem { name: "scope".to_owned(), must_be: must_be.to_owned() });
        }
        problems
    }

    /// Writes the scopes of the switches into `scope`, as Auth0 does when it saves: a switch that is on adds its
    /// scope, one that is off takes it away, and `freeform_scopes` come as they are.
    pub fn write_scope(&self, options: &mut Map<String, Value>) {
        let mut scopes = options.get("scope").and_then(|scope| self.scope.read(scope)).unwrap_or_default();
        let before = scopes.clone();
        for field in self.fields {
            let FieldKind::Scope(scope) = field.kind else { continue };
            match options.get(field.name).and_then(Value::as_bool) {
                Some(true) if !scopes.iter().any(|known| known == scope) => scopes.push(scope.to_owned()),
                Some(false) => scopes.retain(|known| known != scope),
                Some(true) | None => {}
            }
        }
        let freeform = options.get("freeform_scopes").and_then(Value::as_array);
        for scope in freeform.into_iter().flatten().filter_map(Value::as_str) {
            if !scopes.iter().any(|known| known == scope) {
                scopes.push(scope.to_owned());
            }
        }
        if scopes != before {
            options.insert("scope".to_owned(), self.scope.write(&scopes));
        }
    }
}

static COMMON_FIELDS: &[Field] = &COMMON;

impl ScopeForm {
    /// Reads `scope`; a list is taken whatever the form, since deploy tools write both.
    fn read(self, scope: &Value) -> Option<Vec<String>> {
        match scope {
            Value::Null => Some(Vec::new()),
            Value::Array(list) => list.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
            Value::String(text) => {
                let is_between = |c: char| c.is_whitespace() || c == ',';
                Some(text.split(is_between).filter(|one| !one.is_empty()).map(str::to_owned).collect())
            }
            _ => None,
        }
    }

    fn write(self, scopes: &[String]) -> Value {
        match self {
            Self::List => Value::from(scopes),
            Self::Commas => Value::from(scopes.join(",")),
            Self::Spaces => Value::from(scopes.join(" ")),
        }
    }
}

impl FieldKind {
    fn problem(self, name: &str, value: &Value) -> Option<OptionProblem> {
        let is_texts = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        let (holds, must_be) = match self {
            Self::Text | Self::Secret => (value.is_string(), "a text".to_owned()),
            Self::Texts => (is_texts(value), "a list of texts".to_owned()),
            Self::Flag | Self::Scope(_) => (value.is_boolean(), "true or false".to_owned()),
            Self::OneOf(choices) => {
                let known = value.as_str().is_some_and(|text| choices.contains(&text));
                (known, format!("one of {}", choices.join(", ")))
            }
        };
        (!holds).then(|| OptionProblem { name: name.to_owned(), must_be })
    }
}

#[cfg(test)]
mod tests;
