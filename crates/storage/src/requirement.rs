/// The records that have a security epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// A user: blocked, deleted, password changed.
    User,
    /// A client: disabled, deleted, keys or grant types changed.
    Client,
    /// A client grant: narrowed or deleted.
    ClientGrant,
    /// An API: narrowed or deleted.
    ResourceServer,
    /// A consent: withdrawn.
    Consent,
    /// A session: ended.
    Session,
    /// An authorization: ended.
    Authorization,
    /// A connection: disabled or narrowed.
    Connection,
}

/// What must still be true when changes commit: the record exists and its epoch is the one seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The kind of record.
    pub record: RecordKind,
    /// Its id.
    pub id: String,
    /// The epoch that the decision saw.
    pub epoch: i64,
}
