//! Records as documents: a table of documents and a table of what they are found by.

use countersign_oauth::{Fault, Timestamp};
use redb::{ReadOnlyTable, ReadTransaction, ReadableTable, Table, TableDefinition, WriteTransaction};
use serde::Serialize;
use serde::de::DeserializeOwned;

type Bytes = &'static [u8];

/// Kind and id, to the number of its making and the record as JSON.
const DOCUMENTS: TableDefinition<Bytes, Bytes> = TableDefinition::new("documents");
/// Kind, index, value and id, to the id.
const INDEX: TableDefinition<Bytes, Bytes> = TableDefinition::new("index");
/// Counters.
const NUMBERS: TableDefinition<&str, i64> = TableDefinition::new("numbers");

/// A counter.
#[derive(Clone, Copy)]
pub(crate) enum Number {
    /// How many documents were ever made: their order.
    Made,
    /// Raised by every change of the configuration.
    Configuration,
    /// The highest version of any deleted record: one made anew under its id starts above.
    Floor,
}

impl Number {
    fn name(self) -> &'static str {
        match self {
            Self::Made => "made",
            Self::Configuration => "configuration",
            Self::Floor => "floor",
        }
    }
}

/// What a record is found by: the name of an index and a value.
pub(crate) type FoundBy = (&'static str, Vec<u8>);

/// A record with a key.
pub(crate) trait Document: Serialize + DeserializeOwned {
    /// Names the kind; no two have one.
    const KIND: &'static str;

    /// The key within the kind.
    fn id(&self) -> Vec<u8>;

    /// Everything that it is found by beside its key.
    fn found_by(&self) -> Vec<FoundBy>;
}

/// Texts as one value: no two lists of texts give the same.
pub(crate) fn join(texts: &[&str]) -> Vec<u8> {
    let mut value = Vec::new();
    for text in texts {
        value.extend_from_slice(&(text.len() as u64).to_be_bytes());
        value.extend_from_slice(text.as_bytes());
    }
    value
}

/// A time as a value, in the order of time.
pub(crate) fn moment(at: Timestamp) -> Vec<u8> {
    (at.millis() ^ i64::MIN).to_be_bytes().to_vec()
}

/// What redb and JSON report becomes a fault.
pub(crate) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> Fault {
    Fault::internal("the redb store failed").caused_by(error)
}

fn document_key<T: Document>(id: &[u8]) -> Vec<u8> {
    [join(&[T::KIND]).as_slice(), id].concat()
}

/// Where the entries of one index begin, those of one value, or one of them. Values of one index that are
/// compared in order have one length.
fn index_key<T: Document>(index: &str, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u64).to_be_bytes();
    [join(&[T::KIND, index]).as_slice(), &length, value].concat()
}

/// The end of all keys that begin with `prefix`.
fn after(prefix: &[u8]) -> Vec<u8> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if let Some(next) = last.checked_add(1) {
            end.push(next);
            break;
        }
    }
    end
}

fn decode<T: Document>(stored: &[u8]) -> Result<(u64, T), Fault> {
    let broken = || Fault::internal(format!("a document of {} cannot be read", T::KIND));
    let (number, json) = stored.split_first_chunk::<8>().ok_or_else(broken)?;
    let record = serde_json::from_slice(json).map_err(|error| broken().caused_by(error))?;
    Ok((u64::from_be_bytes(*number), record))
}

/// Reading, from a snapshot or within a transaction that writes.
pub(crate) trait Find {
    /// Documents or index.
    type Table: ReadableTable<Bytes, Bytes>;
    /// Counters.
    type Numbers: ReadableTable<&'static str, i64>;

    fn tables(&self) -> (&Self::Table, &Self::Table, &Self::Numbers);

    /// The record of that key.
    fn get<T: Document>(&self, id: &[u8]) -> Result<Option<T>, Fault> {
        let stored = self.tables().0.get(document_key::<T>(id).as_slice()).map_err(failed)?;
        stored.map(|stored| decode(stored.value()).map(|(_, record)| record)).transpose()
    }

    /// All records that are found by that value, in the order of their making.
    fn find<T: Document>(&self, index: &str, value: &[u8]) -> Result<Vec<T>, Fault> {
        let start = index_key::<T>(index, value);
        let ids = self.ids(&start, &after(&start), usize::MAX)?;
        let mut found = ids.iter().map(|id| self.fetch(id)).collect::<Result<Vec<(u64, T)>, _>>()?;
        found.sort_by_key(|(number, _)| *number);
        Ok(found.into_iter().map(|(_, record)| record).collect())
    }

    /// The one record that is found by that value.
    fn find_one<T: Document>(&self, index: &str, value: &[u8]) -> Result<Option<T>, Fault> {
        Ok(self.find(index, value)?.into_iter().next())
    }

    /// At most `limit` records whose moment in that index is before `end`, the earliest first.
    fn earliest<T: Document>(&self, index: &str, end: Timestamp, limit: usize) -> Result<Vec<T>, Fault> {
        let start = index_key::<T>(index, &moment(Timestamp::from_millis(i64::MIN)));
        let ids = self.ids(&start, &index_key::<T>(index, &moment(end)), limit)?;
        ids.iter().map(|id| self.fetch(id).map(|(_, record)| record)).collect()
    }

    /// All records of a kind, in the order of their making.
    fn all<T: Document>(&self) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        let start = join(&[T::KIND]);
        for entry in self.tables().0.range(start.as_slice()..after(&start).as_slice()).map_err(failed)? {
            all.push(decode::<T>(entry.map_err(failed)?.1.value())?);
        }
        all.sort_by_key(|(number, _)| *number);
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    /// The last records of a kind by key, the last first.
    fn last<T: Document>(&self, limit: usize) -> Result<Vec<T>, Fault> {
        let start = join(&[T::KIND]);
        let entries = self.tables().0.range(start.as_slice()..after(&start).as_slice()).map_err(failed)?;
        let last = entries.rev().take(limit);
        last.map(|entry| Ok(decode::<T>(entry.map_err(failed)?.1.value())?.1)).collect()
    }

    fn number(&self, number: Number) -> Result<i64, Fault> {
        let stored = self.tables().2.get(number.name()).map_err(failed)?;
        Ok(stored.map_or(0, |stored| stored.value()))
    }

    fn ids(&self, start: &[u8], end: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, Fault> {
        let entries = self.tables().1.range(start..end).map_err(failed)?.take(limit);
        entries.map(|entry| Ok(entry.map_err(failed)?.1.value().to_vec())).collect()
    }

    fn fetch<T: Document>(&self, id: &[u8]) -> Result<(u64, T), Fault> {
        let stored = self.tables().0.get(document_key::<T>(id).as_slice()).map_err(failed)?;
        let stored =
            stored.ok_or_else(|| Fault::internal(format!("an index of {} leads nowhere", T::KIND)))?;
        decode(stored.value())
    }
}

/// What was committed.
pub(crate) struct Snapshot {
    documents: ReadOnlyTable<Bytes, Bytes>,
    index: ReadOnlyTable<Bytes, Bytes>,
    numbers: ReadOnlyTable<&'static str, i64>,
}

impl Snapshot {
    pub(crate) fn open(transaction: &ReadTransaction) -> Result<Self, Fault> {
        Ok(Self {
            documents: transaction.open_table(DOCUMENTS).map_err(failed)?,
            index: transaction.open_table(INDEX).map_err(failed)?,
            numbers: transaction.open_table(NUMBERS).map_err(failed)?,
        })
    }
}

impl Find for Snapshot {
    type Table = ReadOnlyTable<Bytes, Bytes>;
    type Numbers = ReadOnlyTable<&'static str, i64>;

    fn tables(&self) -> (&Self::Table, &Self::Table, &Self::Numbers) {
        (&self.documents, &self.index, &self.numbers)
    }
}

/// What will be committed.
pub(crate) struct Write<'t> {
    documents: Table<'t, Bytes, Bytes>,
    index: Table<'t, Bytes, Bytes>,
    numbers: Table<'t, &'static str, i64>,
}

impl<'t> Write<'t> {
    pub(crate) fn open(transaction: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            documents: transaction.open_table(DOCUMENTS).map_err(failed)?,
            index: transaction.open_table(INDEX).map_err(failed)?,
            numbers: transaction.open_table(NUMBERS).map_err(failed)?,
        })
    }

    /// Adds a record, or replaces the one of its key.
    pub(crate) fn put<T: Document>(&mut self, record: &T) -> Result<(), Fault> {
        let id = record.id();
        let key = document_key::<T>(&id);
        let stored = self.documents.get(key.as_slice()).map_err(failed)?;
        let old = stored.map(|stored| decode::<T>(stored.value())).transpose()?;
        let number = match old {
            Some((number, old)) => {
                self.forget(&old)?;
                number
            }
            None => self.raise(Number::Made, 1)?.unsigned_abs(),
        };
        let mut value = number.to_be_bytes().to_vec();
        serde_json::to_writer(&mut value, record).map_err(failed)?;
        self.documents.insert(key.as_slice(), value.as_slice()).map_err(failed)?;
        for (index, value) in record.found_by() {
            let entry = [index_key::<T>(index, &value), id.clone()].concat();
            self.index.insert(entry.as_slice(), id.as_slice()).map_err(failed)?;
        }
        Ok(())
    }

    pub(crate) fn remove<T: Document>(&mut self, record: &T) -> Result<(), Fault> {
        self.forget(record)?;
        self.documents.remove(document_key::<T>(&record.id()).as_slice()).map_err(failed)?;
        Ok(())
    }

    /// Removes what an old version of a record was found by.
    fn forget<T: Document>(&mut self, old: &T) -> Result<(), Fault> {
        let id = old.id();
        for (index, value) in old.found_by() {
            let entry = [index_key::<T>(index, &value), id.clone()].concat();
            self.index.remove(entry.as_slice()).map_err(failed)?;
        }
        Ok(())
    }

    /// Raises a counter; answers it as it is then.
    pub(crate) fn raise(&mut self, number: Number, by: i64) -> Result<i64, Fault> {
        let raised = self.number(number)?.saturating_add(by);
        self.numbers.insert(number.name(), raised).map_err(failed)?;
        Ok(raised)
    }

    /// Raises a counter to at least `to`.
    pub(crate) fn raise_to(&mut self, number: Number, to: i64) -> Result<(), Fault> {
        let standing = self.number(number)?;
        self.raise(number, to.saturating_sub(standing).max(0)).map(drop)
    }
}

impl<'t> Find for Write<'t> {
    type Table = Table<'t, Bytes, Bytes>;
    type Numbers = Table<'t, &'static str, i64>;

    fn tables(&self) -> (&Self::Table, &Self::Table, &Self::Numbers) {
        (&self.documents, &self.index, &self.numbers)
    }
}
