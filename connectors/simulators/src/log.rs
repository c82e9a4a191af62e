//! Append-only log of what a simulator did, whatever it answered.
//!
//! Entries are JSON objects with `seq` (rises by one), `t_ms` (the simulator's clock) and `kind`, beside the
//! fields of that kind. An outside checker reads them as the truth about the remote side.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use crate::clock::SimClock;

/// Where a simulator keeps its log.
#[derive(Debug, Clone, Default)]
pub enum LogTarget {
    /// In memory, readable through [`CommitLog::entries`].
    #[default]
    Memory,
    /// In memory and, line by line, in this file (appended to when it exists).
    File(PathBuf),
    /// Nowhere: for benchmarks.
    Off,
}

impl LogTarget {
    /// Opens the log; fails when the file cannot be opened for appending.
    pub fn open(&self, clock: &SimClock) -> io::Result<CommitLog> {
        match self {
            Self::Memory => Ok(CommitLog::memory(clock)),
            Self::File(path) => CommitLog::to_file(path, clock),
            Self::Off => Ok(CommitLog::off()),
        }
    }
}

/// Append-only log; clones write to the same one.
#[derive(Debug, Clone)]
pub struct CommitLog {
    inner: Option<Arc<Inner>>,
}

#[derive(Debug)]
struct Inner {
    clock: SimClock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Kind beside the serialised entry: a fraction of the memory of parsed JSON.
    lines: Vec<(Box<str>, Box<str>)>,
    file: Option<BufWriter<File>>,
}

impl CommitLog {
    /// A log kept in memory, stamped by `clock`.
    pub fn memory(clock: &SimClock) -> Self {
        Self::with(clock, None)
    }

    /// A log kept in memory and appended to the file at `path`, one JSON object per line, flushed per entry.
    pub fn to_file(path: &Path, clock: &SimClock) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        Ok(Self::with(clock, Some(BufWriter::new(file))))
    }

    /// A log that forgets everything at once.
    pub fn off() -> Self {
        Self { inner: None }
    }

    fn with(clock: &SimClock, file: Option<BufWriter<File>>) -> Self {
        let state = Mutex::new(State { lines: Vec::new(), file });
        Self { inner: Some(Arc::new(Inner { clock: clock.clone(), state })) }
    }

    /// Whether entries are kept; lets a caller skip building fields that nobody would read.
    pub fn is_on(&self) -> bool {
        self.inner.is_some()
    }

    /// Appends one entry of `kind`. `fields` should be a JSON object; anything else is kept under `value`.
    ///
    /// A file that can no longer be written ends with a warning in the program's trace; memory keeps going.
    pub fn record(&self, kind: &str, fields: Value) {
        let Some(inner) = &self.inner else { return };
        let mut entry = match fields {
            Value::Object(map) => map,
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        let mut state = inner.lock();
        entry.insert("seq".to_owned(), Value::from(state.lines.len() + 1));
        entry.insert("t_ms".to_owned(), Value::from(inner.clock.now_ms()));
        entry.insert("kind".to_owned(), Value::from(kind));
        let line = Value::Object(entry).to_string();
        if let Some(file) = &mut state.file
            && let Err(error) = writeln!(file, "{line}").and_then(|()| file.flush())
        {
            tracing::warn!(%error, "simulator log file cannot be written any more; keeping it in memory only");
            state.file = None;
        }
        state.lines.push((kind.into(), line.into()));
    }

    /// Like [`CommitLog::record`], building the fields only when the log is on.
    pub fn record_with(&self, kind: &str, fields: impl FnOnce() -> Value) {
        if self.is_on() {
            self.record(kind, fields());
        }
    }

    /// All entries so far, oldest first.
    pub fn entries(&self) -> Vec<Value> {
        self.select(0, |_| true)
    }

    /// The entries of one kind, oldest first.
    pub fn of_kind(&self, kind: &str) -> Vec<Value> {
        self.select(0, |k| k == kind)
    }

    /// The entries with a `seq` above `seq`, of one kind if given, oldest first.
    pub fn after(&self, seq: usize, kind: Option<&str>) -> Vec<Value> {
        self.select(seq, |k| kind.is_none_or(|wanted| wanted == k))
    }

    /// How many entries of `kind` there are; cheaper than reading them.
    pub fn count(&self, kind: &str) -> usize {
        self.inner.as_ref().map_or(0, |i| i.lock().lines.iter().filter(|(k, _)| &**k == kind).count())
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.inner.as_ref().map_or(0, |inner| inner.lock().lines.len())
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn select(&self, skip: usize, wanted: impl Fn(&str) -> bool) -> Vec<Value> {
        let Some(inner) = &self.inner else { return Vec::new() };
        let state = inner.lock();
        let lines = state.lines.iter().skip(skip).filter(|(kind, _)| wanted(kind));
        lines.filter_map(|(_, line)| serde_json::from_str(line).ok()).collect()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
