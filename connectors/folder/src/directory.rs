//! A directory on this machine, or mounted on it.

use std::{
    fs::Metadata,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use tokio::{fs, io::AsyncReadExt};
use vortex_domain::Clock;

use crate::{MOST_BYTES, Trouble};

/// A file that was changed a moment ago is being written.
const QUIET_MS: i64 = 2_000;

/// Between the two looks at a file.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

pub(crate) struct Directory {
    root: PathBuf,
    clock: Arc<dyn Clock>,
}

/// What changes while a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: u64,
    modified_ms: i64,
}

impl Look {
    fn at(metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let modified_ms = modified.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        Self { bytes: metadata.len(), modified_ms }
    }
}

impl Directory {
    pub(crate) fn new(root: PathBuf, clock: Arc<dyn Clock>) -> Self {
        Self { root, clock }
    }

    /// The bytes of a file that has come to rest; none when it is absent or changing.
    pub(crate) async fn fetch(&self, segments: &[String]) -> Result<Option<Vec<u8>>, Trouble> {
        let Some(path) = self.find(segments).await? else { return Ok(None) };
        let shown = || path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let unreadable = |error: std::io::Error| Trouble::Unreadable(format!("`{}`: {error}", shown()));
        let Some(before) = look(&path).await.map_err(unreadable)? else { return Ok(None) };
        if !before.is_file() {
            return Err(Trouble::Implausible(format!("`{}` is not a file", shown())));
        }
        let before = Look::at(&before);
        if before.bytes > MOST_BYTES as u64 {
            return Err(too_large(&shown()));
        }
        if self.clock.now_ms() - before.modified_ms < QUIET_MS {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(&path).await.map_err(unreadable)?;
        // One more than allowed, in case it grows meanwhile.
        file.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes).await.map_err(unreadable)?;
        if bytes.len() > MOST_BYTES {
            return Err(too_large(&shown()));
        }
        pause().await;
        let after = look(&path).await.map_err(unreadable)?.as_ref().map(Look::at);
        let rests = after == Some(before) && bytes.len() as u64 == before.bytes;
        Ok(rests.then_some(bytes))
    }

    /// The file's real path, inside of the directory.
    async fn find(&self, segments: &[String]) -> Result<Option<PathBuf>, Trouble> {
        let root = self.open().await?;
        let mut path = root.clone();
        for segment in segments {
            if !is_plain_name(segment) {
                let why = format!("`{segment}` cannot be the name of a file; correct the series in the ERP");
                return Err(Trouble::Implausible(why));
            }
            path.push(segment);
        }
        let real = match fs::canonicalize(&path).await {
            Ok(real) => real,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(Trouble::Unreadable(error.to_string())),
        };
        if real.starts_with(&root) {
            Ok(Some(real))
        } else {
            Err(Trouble::Implausible("the file is a link that leads out of the directory".to_owned()))
        }
    }

    /// The directory's real path. One that is away is no directory without invoices.
    async fn open(&self) -> Result<PathBuf, Trouble> {
        let unreadable = |error: std::io::Error| {
            Trouble::Unreadable(format!("the directory {} cannot be read: {error}", self.root.display()))
        };
        let root = fs::canonicalize(&self.root).await.map_err(unreadable)?;
        let is_directory = fs::metadata(&root).await.map_err(unreadable)?.is_dir();
        if is_directory {
            Ok(root)
        } else {
            Err(Trouble::Unreadable(format!("{} is not a directory", self.root.display())))
        }
    }

    /// How many entries the directory has.
    pub(crate) async fn count(&self) -> Result<usize, Trouble> {
        let root = self.open().await?;
        let unreadable = |error: std::io::Error| Trouble::Unreadable(error.to_string());
        let mut entries = fs::read_dir(root).await.map_err(unreadable)?;
        let mut count = 0;
        while entries.next_entry().await.map_err(unreadable)?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

fn too_large(name: &str) -> Trouble {
    Trouble::Implausible(format!("`{name}` is longer than {MOST_BYTES} bytes"))
}

/// None when the file is gone.
async fn look(path: &Path) -> std::io::Result<Option<Metadata>> {
    match fs::metadata(path).await {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Series and number come from the ERP and may hold anything.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.contains("..")
        && !name.contains(|c: char| c.is_control() || "/\\:".contains(c))
        && name != "."
}

#[expect(
    clippy::disallowed_methods,
    reason = "files are fetched in tasks of their own, where waiting blocks no mailbox"
)]
async fn pause() {
    tokio::time::sleep(BETWEEN_LOOKS).await;
}

#[cfg(test)]
mod tests;
