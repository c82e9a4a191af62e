//! The INI form that packets are written in.

/// The sections of a packet in their order. Names and keys are compared without regard to letter case.
#[derive(Debug, Default)]
pub(super) struct Ini<'a> {
    sections: Vec<Section<'a>>,
}

/// One section: its name and its keys.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    entries: Vec<(&'a str, &'a str)>,
}

impl<'a> Ini<'a> {
    /// Reads lines; the number (from 1) of the first one that is neither blank, nor a section, nor `key=value`
    /// inside a section.
    pub(super) fn parse<S: AsRef<str>>(lines: &'a [S]) -> Result<Self, usize> {
        let mut ini = Self::default();
        for (index, line) in lines.iter().enumerate() {
            let line = line.as_ref().trim_end_matches(['\r', '\n']);
            if line.trim().is_empty() {
                continue;
            }
            if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                ini.sections.push(Section { name, entries: Vec::new() });
                continue;
            }
            let section = ini.sections.last_mut().ok_or(index + 1)?;
            let (key, value) = line.split_once('=').ok_or(index + 1)?;
            section.entries.push((key.trim(), value));
        }
        Ok(ini)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name.eq_ignore_ascii_case(name))
    }
}

impl<'a> Section<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.entries.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}
