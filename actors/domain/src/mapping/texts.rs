//! Title and description for each market, and the language that they go under.

use super::{
    Mapping, TextSource,
    problem::{Field, Note, ProblemKind},
    text::{self, Clean},
};
use crate::{
    article::{ContentRow, ErpArticle},
    ids::{Language, Market},
};

const TITLE_MIN: usize = 5;
const TITLE_MAX: usize = 150;
const DESCRIPTION_MIN: usize = 10;
const DESCRIPTION_MAX: usize = 4096;

/// Title and description of one market.
pub(super) struct MarketTexts {
    pub(super) language: Language,
    pub(super) title: String,
    pub(super) description: String,
}

/// Cleans each text once, however many markets use it.
pub(super) struct Texts<'a> {
    mapping: &'a Mapping,
    article: &'a ErpArticle,
    content: &'a [&'a ContentRow],
    cleaned: Vec<(Field, TextSource, Language, Clean)>,
    notes: Vec<Note>,
    title_fallback: Vec<Language>,
    description_fallback: Vec<Language>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(mapping: &'a Mapping, article: &'a ErpArticle, content: &'a [&'a ContentRow]) -> Self {
        Self {
            mapping,
            article,
            content,
            cleaned: Vec::new(),
            notes: Vec::new(),
            title_fallback: Vec::new(),
            description_fallback: Vec::new(),
        }
    }

    /// The texts of a market, or why it has none.
    pub(super) fn of(&mut self, market: Market) -> Result<MarketTexts, Vec<ProblemKind>> {
        let language = market.language();
        let title = self.pick(Field::Title, language);
        let description = self.pick(Field::Description, language);
        let mut problems = Vec::new();
        match &title {
            None => problems.push(ProblemKind::MissingTranslation { field: Field::Title, language }),
            Some((_, clean)) if clean.visible < TITLE_MIN => {
                problems.push(ProblemKind::TitleTooShort { text: clean.text.clone() });
            }
            Some(_) => {}
        }
        match &description {
            None => problems.push(ProblemKind::MissingTranslation { field: Field::Description, language }),
            Some((_, clean)) if clean.visible < DESCRIPTION_MIN => {
                problems.push(ProblemKind::DescriptionTooShort { text: clean.text.clone() });
            }
            Some(_) => {}
        }
        let (Some((title_source, title)), Some((description_source, description))) = (title, description)
        else {
            return Err(problems);
        };
        if !problems.is_empty() {
            return Err(problems);
        }
        // Both texts go under one language: English only when both are, else each other's half would be missing.
        let english = [title_source, description_source].iter().all(|s| *s == TextSource::ContentEnglish);
        let language = if english { Language::En } else { language };
        for (field, source, clean, fallback) in [
            (Field::Title, title_source, &title, &mut self.title_fallback),
            (Field::Description, description_source, &description, &mut self.description_fallback),
        ] {
            if matches!(source, TextSource::ErpName | TextSource::ErpNameAndClass) {
                fallback.push(language);
            }
            let note = Note::Truncated { field, language: Some(language) };
            if clean.truncated && !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(MarketTexts { language, title: title.text, description: description.text })
    }

    /// What a person may want to know of the texts given out.
    pub(super) fn into_notes(self) -> impl Iterator<Item = Note> {
        let title = Note::TitleFallback { languages: self.title_fallback };
        let description = Note::DescriptionFallback { languages: self.description_fallback };
        let used = |note: &Note| match note {
            Note::TitleFallback { languages } | Note::DescriptionFallback { languages } => {
                !languages.is_empty()
            }
            _ => true,
        };
        [title, description].into_iter().filter(used).chain(self.notes)
    }

    fn pick(&mut self, field: Field, language: Language) -> Option<(TextSource, Clean)> {
        let mapping = self.mapping;
        let sources = if field == Field::Title { &mapping.fields.title } else { &mapping.fields.description };
        sources.iter().find_map(|source| {
            let clean = self.cleaned(field, *source, language);
            (clean.visible > 0).then_some((*source, clean))
        })
    }

    fn cleaned(&mut self, field: Field, source: TextSource, language: Language) -> Clean {
        // Only one source depends on the market.
        let key = if source == TextSource::ContentMarketLanguage { language } else { Language::En };
        let known = self.cleaned.iter().find(|(f, s, l, _)| (*f, *s, *l) == (field, source, key));
        if let Some((.., clean)) = known {
            return clean.clone();
        }
        let clean = self.clean(field, source, language);
        self.cleaned.push((field, source, key, clean.clone()));
        clean
    }

    fn clean(&self, field: Field, source: TextSource, language: Language) -> Clean {
        let clean = |raw: &str| match field {
            Field::Title => text::plain(raw, TITLE_MAX),
            _ => text::html(raw, DESCRIPTION_MAX),
        };
        let wanted = match source {
            TextSource::ContentMarketLanguage => Some(language),
            TextSource::ContentEnglish => Some(Language::En),
            TextSource::ContentAnyLanguage => None,
            TextSource::ErpName => return clean(&self.article.name),
            TextSource::ErpNameAndClass => {
                let class = self.article.class_name.trim();
                let name = self.article.name.trim();
                return if class.is_empty() { clean(name) } else { clean(&format!("{name}. {class}")) };
            }
        };
        let rows = self.content.iter().filter(|row| row.language == wanted);
        let mut texts = rows.filter_map(|row| match field {
            Field::Title => row.title.as_deref(),
            _ => row.description.as_deref(),
        });
        texts.find(|raw| !raw.trim().is_empty()).map_or_else(|| clean(""), clean)
    }
}
