//! Commits counted from outside: the frames of SQLite's write-ahead log (sqlite.org/fileformat2.html, section 4).

use std::{fs, path::Path};

use anyhow::Context as _;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// What stands in the log since it was last begun anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Log {
    salts: [u8; 8],
    commits: u64,
    pages: u64,
}

impl Log {
    /// Reads the log of the database in the folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let bytes = fs::read(folder.join("vortex.db-wal"))?;
        let header = bytes.get(..HEADER).context("the write-ahead log is empty")?;
        let page_size = usize::try_from(word(header, 8)?)?;
        let salts: [u8; 8] = header[16..24].try_into()?;
        let (mut commits, mut pages) = (0, 0);
        for frame in bytes[HEADER..].chunks_exact(FRAME_HEADER + page_size) {
            // What follows is of an earlier round of the log.
            if frame[8..16] != salts {
                break;
            }
            pages += 1;
            // The size of the database after the commit stands in a commit's last frame only.
            commits += u64::from(word(frame, 4)? != 0);
        }
        Ok(Self { salts, commits, pages })
    }

    /// Commits and pages written since `earlier`; at least so many, when the log was begun anew meanwhile.
    pub(crate) fn since(self, earlier: Self) -> (u64, u64) {
        if self.salts == earlier.salts {
            (self.commits - earlier.commits, self.pages - earlier.pages)
        } else {
            (self.commits, self.pages)
        }
    }
}

fn word(bytes: &[u8], at: usize) -> anyhow::Result<u32> {
    Ok(u32::from_be_bytes(bytes.get(at..at + 4).context("a short record")?.try_into()?))
}
