//! Finding the fields of a raw record in which nothing is escaped (spec 3.5).

use std::borrow::Cow;

use super::fields::Fields;
use super::layout::Layout;

/// More unescaped `;` than this in one record is damage, not data.
const MAX_EMBEDDED: usize = 16;

/// Wider records are taken as they seem to be: known ones have at most 49 fields.
const MAX_WIDTH: usize = 512;

/// How many `;` belong to the value at [`Layout::embeds_at`] and at [`Layout::also_embeds_at`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Joins {
    code: usize,
    text: usize,
}

impl Joins {
    const NONE: Self = Self { code: 0, text: 0 };
}

/// The fields of a record, and whether a torn value had to be put together again.
#[derive(Debug)]
pub(super) struct Explained<'a> {
    pub(super) fields: Fields<'a>,
    pub(super) rejoined: bool,
}

/// Explains the tokens of one record by the layout, or not at all.
///
/// `usual_width` is the most common token count of the same answer. A record wider than that is explained as
/// a torn value first; then as what it seems to be, perhaps with new columns at its end, which are
/// ignored; then by every other way to put values together. The first explanation wins whose shape is right
/// and that agrees with the most hints.
pub(super) fn explain<'a>(
    tokens: &[Cow<'a, str>],
    usual_width: Option<usize>,
    layout: &Layout,
) -> Option<Explained<'a>> {
    let mut best: Option<(usize, Joins)> = None;
    for joins in explanations(tokens.len(), usual_width, layout) {
        let fields = Fields::Raw(join(tokens, joins, layout));
        if !layout.shape.iter().all(|anchor| fields.agrees_with(anchor)) {
            continue;
        }
        let score = layout.hints.iter().filter(|anchor| fields.agrees_with(anchor)).count();
        if score == layout.hints.len() {
            return Some(Explained { fields, rejoined: joins != Joins::NONE });
        }
        if best.is_none_or(|(best_score, _)| score > best_score) {
            best = Some((score, joins));
        }
    }
    best.map(|(_, joins)| Explained {
        fields: Fields::Raw(join(tokens, joins, layout)),
        rejoined: joins != Joins::NONE,
    })
}

/// The ways to explain a record of this width, most plausible first; some may come twice.
fn explanations(
    width: usize,
    usual_width: Option<usize>,
    layout: &Layout,
) -> impl Iterator<Item = Joins> + use<> {
    let surplus = usual_width.map_or(0, |usual| width.saturating_sub(usual));
    let torn = (1..=MAX_EMBEDDED).contains(&surplus).then_some(surplus).into_iter().flat_map(splits_of);
    let most = if width > MAX_WIDTH { 0 } else { width.saturating_sub(layout.min_width).min(MAX_EMBEDDED) };
    let any = (1..=most).flat_map(splits_of);
    let (code_tears, text_tears) = (layout.embeds_at.is_some(), layout.also_embeds_at.is_some());
    torn.chain(std::iter::once(Joins::NONE))
        .chain(any)
        .filter(move |joins| (code_tears || joins.code == 0) && (text_tears || joins.text == 0))
}

/// The ways to share a number of `;` between the two values.
fn splits_of(total: usize) -> impl Iterator<Item = Joins> {
    (0..=total).map(move |text| Joins { code: total - text, text })
}

/// Puts the torn values together.
fn join<'a>(tokens: &[Cow<'a, str>], joins: Joins, layout: &Layout) -> Vec<Cow<'a, str>> {
    let torn_at = |column: Option<super::Column>, extra: usize| {
        column.filter(|_| extra > 0).map(|column| (column.at, extra))
    };
    let torn = [torn_at(layout.embeds_at, joins.code), torn_at(layout.also_embeds_at, joins.text)];
    let mut joined = Vec::with_capacity(tokens.len());
    let mut rest = tokens;
    while let Some((first, after)) = rest.split_first() {
        let extra = torn.iter().flatten().find(|(at, _)| *at == joined.len()).map_or(0, |(_, extra)| *extra);
        let (pieces, after) = after.split_at_checked(extra).unwrap_or((after, &[]));
        joined.push(if pieces.is_empty() {
            first.clone()
        } else {
            let whole = rest.iter().take(1 + pieces.len()).map(Cow::as_ref).collect::<Vec<_>>();
            Cow::Owned(whole.join(";"))
        });
        rest = after;
    }
    joined
}
