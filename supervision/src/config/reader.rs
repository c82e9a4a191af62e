//! Reads settings out of a tree, naming the place of everything that is wrong, all at once.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::RangeInclusive,
    rc::Rc,
    str::FromStr,
    sync::Arc,
};

use rust_decimal::Decimal;

/// How alike a mistyped key and a known one must be for the known one to be suggested (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.75;

/// One thing that is wrong with a settings file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, or the environment.
    pub origin: Arc<str>,
    /// The key with its sections, e.g. `stock.buffer`.
    pub key: String,
    /// What is wrong and what is expected.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.origin, self.key, self.what)
    }
}

/// Everything that is wrong with a settings file, in the file's order of reading; never empty as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A value with the place it came from.
#[derive(Debug, Clone)]
pub struct Node {
    origin: Arc<str>,
    value: Value,
}

#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
    Other(&'static str),
}

impl Node {
    /// The tree of a TOML document that came from `origin`.
    pub fn from_toml(value: toml::Value, origin: &Arc<str>) -> Self {
        let value = match value {
            toml::Value::String(text) => Value::Text(text),
            toml::Value::Integer(number) => Value::Integer(number),
            toml::Value::Float(number) => Value::Float(number),
            toml::Value::Boolean(flag) => Value::Flag(flag),
            toml::Value::Datetime(_) => Value::Other("a date"),
            toml::Value::Array(list) => {
                Value::List(list.into_iter().map(|item| Self::from_toml(item, origin)).collect())
            }
            toml::Value::Table(table) => Value::Table(
                table.into_iter().map(|(key, item)| (key, Self::from_toml(item, origin))).collect(),
            ),
        };
        Self { origin: Arc::clone(origin), value }
    }

    /// The tree of a layered configuration; values without an origin of their own belong to `fallback`.
    pub fn from_config(value: config::Value, fallback: &Arc<str>) -> Self {
        let origin = value.origin().map_or_else(|| Arc::clone(fallback), Arc::from);
        let value = match value.kind {
            config::ValueKind::Nil => Value::Other("nothing"),
            config::ValueKind::Boolean(flag) => Value::Flag(flag),
            config::ValueKind::I64(number) => Value::Integer(number),
            config::ValueKind::I128(number) => narrow(number),
            config::ValueKind::U64(number) => narrow(number),
            config::ValueKind::U128(number) => narrow(number),
            config::ValueKind::Float(number) => Value::Float(number),
            config::ValueKind::String(text) => Value::Text(text),
            config::ValueKind::Table(table) => Value::Table(
                table.into_iter().map(|(key, item)| (key, Self::from_config(item, fallback))).collect(),
            ),
            config::ValueKind::Array(list) => {
                Value::List(list.into_iter().map(|item| Self::from_config(item, fallback)).collect())
            }
        };
        Self { origin, value }
    }

    /// The value as JSON, for connectors' own settings. Numbers with a fraction become texts, which keeps them exact.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Text(text) => Json::from(text.as_str()),
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => Json::from(number.to_string()),
            Value::Flag(flag) => Json::from(*flag),
            Value::List(list) => list.iter().map(Self::to_json).collect(),
            Value::Table(table) => {
                Json::Object(table.iter().map(|(key, item)| (key.clone(), item.to_json())).collect())
            }
            Value::Other(_) => Json::Null,
        }
    }

    fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a text",
            Value::Integer(_) => "a whole number",
            Value::Float(_) => "a number with a fraction",
            Value::Flag(_) => "true or false",
            Value::List(_) => "a list",
            Value::Table(_) => "a section",
            Value::Other(kind) => kind,
        }
    }
}

fn narrow<N: TryInto<i64>>(number: N) -> Value {
    number.try_into().map_or(Value::Other("a number beyond all bounds"), Value::Integer)
}

/// The known word that a mistyped one most likely stands for.
pub fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let likeness = |candidate: &str| strsim::jaro_winkler(&word.to_lowercase(), &candidate.to_lowercase());
    known
        .into_iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// One section under reading. What was asked for is known; what is left over at [`Section::finish`] is a mistake.
pub struct Section {
    origin: Arc<str>,
    key: String,
    table: BTreeMap<String, Node>,
    known: RefCell<BTreeSet<&'static str>>,
    problems: Rc<RefCell<Vec<Problem>>>,
}

impl Section {
    /// Begins to read a document.
    pub fn root(node: Node) -> Self {
        let table = match node.value {
            Value::Table(table) => table,
            _ => BTreeMap::new(),
        };
        Self {
            origin: node.origin,
            key: String::new(),
            table,
            known: RefCell::default(),
            problems: Rc::default(),
        }
    }

    /// The full name of a key of this section.
    pub fn place(&self, key: &str) -> String {
        let bare =
            !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let key = if bare { key.to_owned() } else { format!("\"{}\"", key.escape_debug()) };
        if self.key.is_empty() { key } else { format!("{}.{key}", self.key) }
    }

    /// Notes that a key is wrong.
    pub fn wrong(&self, key: &str, what: impl Into<String>) {
        let origin = self.table.get(key).map_or(&self.origin, |node| &node.origin);
        self.note(origin, self.place(key), what.into());
    }

    fn note(&self, origin: &Arc<str>, key: String, what: String) {
        self.problems.borrow_mut().push(Problem { origin: Arc::clone(origin), key, what });
    }

    /// Whether the file says anything about the key.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// The raw value of a key, which counts as known from now on.
    pub fn node(&self, key: &'static str) -> Option<&Node> {
        self.known.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn mistyped(&self, key: &str, node: &Node, expected: &str) {
        self.wrong(key, format!("expected {expected}, found {}", node.kind()));
    }

    /// A text; none when absent or wrong (which is noted).
    pub fn text(&self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        match &node.value {
            Value::Text(text) => Some(text.clone()),
            // The environment has no types: a company called `007` arrives as a number there.
            Value::Integer(number) if self.is_override(node) => Some(number.to_string()),
            _ => {
                self.mistyped(key, node, "a text in quotes");
                None
            }
        }
    }

    fn is_override(&self, node: &Node) -> bool {
        node.origin != self.origin
    }

    /// A text that must be there and not be blank.
    pub fn required(&self, key: &'static str, example: &str) -> Option<String> {
        if !self.has(key) {
            self.known.borrow_mut().insert(key);
            self.wrong(key, format!("is missing; expected a text such as \"{example}\""));
            return None;
        }
        let text = self.text(key)?;
        if text.trim().is_empty() {
            self.wrong(key, format!("is empty; expected a text such as \"{example}\""));
            return None;
        }
        Some(text)
    }

    /// A text that parses; its own error says what is expected.
    pub fn parsed<T: FromStr<Err: fmt::Display>>(&self, key: &'static str, expected: &str) -> Option<T> {
        let text = self.text(key)?;
        text.parse().map_err(|error| self.wrong(key, format!("expected {expected}: {error}"))).ok()
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)], default: T) -> T {
        let Some(text) = self.text(key) else { return default };
        if let Some((_, choice)) = choices.iter().find(|(word, _)| *word == text) {
            return *choice;
        }
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        self.wrong(key, format!("`{text}` is not known; expected one of {}", words.join(", ")));
        default
    }

    /// A whole number within bounds.
    pub fn integer(&self, key: &'static str, bounds: RangeInclusive<i64>, default: i64) -> i64 {
        let Some(node) = self.node(key) else { return default };
        match whole(node) {
            Some(number) if bounds.contains(&number) => number,
            Some(number) => {
                let (low, high) = (bounds.start(), bounds.end());
                self.wrong(
                    key,
                    format!("{number} is out of bounds; expected a whole number from {low} to {high}"),
                );
                default
            }
            None => {
                self.mistyped(key, node, "a whole number");
                default
            }
        }
    }

    /// An exact decimal, written as a number or as a text.
    pub fn decimal(&self, key: &'static str) -> Option<Decimal> {
        let node = self.node(key)?;
        let number = decimal(node);
        if number.is_none() {
            self.mistyped(key, node, "a number");
        }
        number
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        match self.node(key) {
            None => default,
            Some(Node { value: Value::Flag(flag), .. }) => *flag,
            Some(node) => {
                self.mistyped(key, node, "true or false");
                default
            }
        }
    }

    /// A list of texts.
    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        let node = self.node(key)?;
        let texts = match &node.value {
            Value::List(list) => list
                .iter()
                .map(|item| match &item.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })
                .collect(),
            // One value in the environment is a list of one.
            Value::Text(text) if self.is_override(node) => Some(vec![text.clone()]),
            _ => None,
        };
        if texts.is_none() {
            self.mistyped(key, node, "a list of texts such as [\"a\", \"b\"]");
        }
        texts
    }

    /// A list of names that parse, each at most once.
    pub fn names<T: FromStr<Err: fmt::Display> + PartialEq + fmt::Display>(
        &self,
        key: &'static str,
    ) -> Option<Vec<T>> {
        let mut names: Vec<T> = Vec::new();
        for text in self.texts(key)? {
            match text.parse::<T>() {
                Ok(name) if names.contains(&name) => self.wrong(key, format!("`{name}` stands there twice")),
                Ok(name) => names.push(name),
                Err(error) => self.wrong(key, error.to_string()),
            }
        }
        Some(names)
    }

    /// A section below this one.
    pub fn section(&self, key: &'static str) -> Option<Self> {
        let node = self.node(key)?.clone();
        self.below(key, node)
    }

    /// A section below this one; an empty one when it is absent or wrong.
    #[must_use]
    pub fn section_or_empty(&self, key: &'static str) -> Self {
        self.section(key).unwrap_or_else(|| Self {
            origin: Arc::clone(&self.origin),
            key: self.place(key),
            table: BTreeMap::new(),
            known: RefCell::default(),
            problems: Rc::clone(&self.problems),
        })
    }

    fn below(&self, key: &str, node: Node) -> Option<Self> {
        let Value::Table(table) = node.value else {
            self.mistyped(key, &node, "a section");
            return None;
        };
        Some(Self {
            origin: Arc::clone(&self.origin),
            key: self.place(key),
            table,
            known: RefCell::default(),
            problems: Rc::clone(&self.problems),
        })
    }

    /// The whole section as JSON.
    pub fn to_json(&self) -> serde_json::Map<String, serde_json::Value> {
        self.table.iter().map(|(key, node)| (key.clone(), node.to_json())).collect()
    }

    /// Whether the key's value is a bare text.
    pub fn is_text(&self, key: &str) -> bool {
        matches!(self.table.get(key), Some(Node { value: Value::Text(_), .. }))
    }

    /// The sections of a section whose keys are free names.
    pub fn named_sections(&self) -> Vec<(String, Self)> {
        let entries = self.table.iter();
        entries.filter_map(|(name, node)| Some((name.clone(), self.below(name, node.clone())?))).collect()
    }

    /// The whole numbers of a section whose keys are free names that parse.
    pub fn named_integers<K: FromStr<Err: fmt::Display> + Ord>(
        &self,
        bounds: &RangeInclusive<i64>,
    ) -> BTreeMap<K, i64> {
        self.named(
            |node| whole(node).filter(|number| bounds.contains(number)),
            || format!("a whole number from {} to {}", bounds.start(), bounds.end()),
        )
    }

    /// The texts of a section whose keys are free names that parse.
    pub fn named_texts<K: FromStr<Err: fmt::Display> + Ord>(&self) -> BTreeMap<K, String> {
        let text = |node: &Node| match &node.value {
            Value::Text(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => None,
        };
        self.named(text, || "a text in quotes".to_owned())
    }

    /// The exact decimals above zero of a section whose keys are free names that parse.
    pub fn named_decimals<K: FromStr<Err: fmt::Display> + Ord>(&self) -> BTreeMap<K, Decimal> {
        self.named(
            |node| decimal(node).filter(|number| *number > Decimal::ZERO),
            || "a number above zero".to_owned(),
        )
    }

    fn named<K: FromStr<Err: fmt::Display> + Ord, T>(
        &self,
        read: impl Fn(&Node) -> Option<T>,
        expected: impl Fn() -> String,
    ) -> BTreeMap<K, T> {
        let mut read_so_far = BTreeMap::new();
        for (name, node) in &self.table {
            match (name.parse::<K>(), read(node)) {
                (Err(error), _) => self.wrong(name, error.to_string()),
                (_, None) => self.mistyped(name, node, &expected()),
                (Ok(key), Some(value)) => {
                    if read_so_far.insert(key, value).is_some() {
                        self.wrong(name, "stands there twice in different spellings");
                    }
                }
            }
        }
        read_so_far
    }

    /// Notes every key that nobody asked for, with the nearest that somebody did.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for key in self.table.keys().filter(|key| !known.contains(key.as_str())) {
            let what = if let Some(meant) = nearest(key, known.iter().copied()) {
                format!("unknown key; did you mean `{meant}`?")
            } else {
                let known: Vec<&str> = known.iter().copied().collect();
                format!("unknown key; known here: {}", known.join(", "))
            };
            self.wrong(key, what);
        }
    }

    /// Everything noted so far, in this section and all others of the document.
    pub fn problems(&self) -> Result<(), Problems> {
        let problems = self.problems.borrow();
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems.clone())) }
    }
}

fn whole(node: &Node) -> Option<i64> {
    if let Value::Integer(number) = node.value { Some(number) } else { None }
}

fn decimal(node: &Node) -> Option<Decimal> {
    match &node.value {
        Value::Integer(number) => Some(Decimal::from(*number)),
        // The shortest text that reads back as the same float is what the person typed.
        Value::Float(number) => number.to_string().parse().ok(),
        Value::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Section {
        let origin: Arc<str> = Arc::from("test.toml");
        Section::root(Node::from_toml(toml::Value::Table(text.parse().unwrap()), &origin))
    }

    fn complaints(section: &Section) -> Vec<String> {
        section.problems().err().map(|p| p.0.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn names_the_place_and_the_nearest_key() {
        let root = document("[stock]\nbufer = 2\nzebra = 1\n");
        let stock = root.section("stock").unwrap();
        assert_eq!(stock.integer("buffer", 0..=10, 0), 0);
        stock.finish();
        root.finish();
        assert_eq!(
            complaints(&root),
            [
                "test.toml: stock.bufer: unknown key; did you mean `buffer`?",
                "test.toml: stock.zebra: unknown key; known here: buffer",
            ]
        );
    }

    #[test]
    fn says_what_was_expected_and_what_was_found() {
        let root = document("a = \"x\"\nb = 7\nc = 99\nd = [1]\ne = 1\nf = \"green\"\n");
        root.integer("a", 0..=1, 0);
        root.text("b");
        root.integer("c", 0..=10, 0);
        root.texts("d");
        root.flag("e", false);
        root.choice("f", &[("red", 1), ("blue", 2)], 1);
        root.required("g", "acme");
        root.section("b");
        assert_eq!(
            complaints(&root),
            [
                "test.toml: a: expected a whole number, found a text",
                "test.toml: b: expected a text in quotes, found a whole number",
                "test.toml: c: 99 is out of bounds; expected a whole number from 0 to 10",
                "test.toml: d: expected a list of texts such as [\"a\", \"b\"], found a list",
                "test.toml: e: expected true or false, found a whole number",
                "test.toml: f: `green` is not known; expected one of red, blue",
                "test.toml: g: is missing; expected a text such as \"acme\"",
                "test.toml: b: expected a section, found a whole number",
            ]
        );
    }

    #[test]
    fn decimals_stay_exactly_what_was_typed() {
        let root = document("a = 0.46\nb = \"0.4350\"\nc = 5\n");
        let read = |key| root.decimal(key).unwrap().to_string();
        assert_eq!([read("a"), read("b"), read("c")], ["0.46", "0.4350", "5"]);
    }

    #[test]
    fn a_name_may_stand_in_a_list_once() {
        let root = document("markets = [\"SE\", \"se\", \"XX\"]\n");
        let names = root.names::<vortex_domain::Market>("markets").unwrap();
        assert_eq!(names, [vortex_domain::Market::Se]);
        assert_eq!(complaints(&root).len(), 2);
    }
}
