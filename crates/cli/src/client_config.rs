//! The settings of MCP clients with Adjutant's server in them: what is there stays as it is written,
//! order, spaces and comments too. Texts in, texts out.

use serde_json::Value;

/// The name of the server in the clients' settings.
const SERVER: &str = "adjutant";

/// What becomes of a client's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Joined {
    /// The server is in them already.
    There,
    /// The new text.
    Text(String),
    /// They cannot be read, or hold something else in its place; what a person adds by hand.
    ByHand(String),
}

/// JSON settings with a `mcpServers` object, with our server in it as `server` says.
pub(crate) fn join_json(text: &str, server: &Value) -> Joined {
    let ours = format!("\"{SERVER}\": {server}");
    if text.trim().is_empty() {
        return Joined::Text(format!("{{\n  \"mcpServers\": {{\n    {ours}\n  }}\n}}\n"));
    }
    let by_hand = || Joined::ByHand(format!("\"mcpServers\": {{ {ours} }}"));
    let Ok(Value::Object(settings)) = serde_json::from_str(text) else {
        return by_hand();
    };
    let (key, added) = match settings.get("mcpServers") {
        Some(Value::Object(servers)) if servers.contains_key(SERVER) => return Joined::There,
        Some(Value::Object(servers)) => {
            let end = if servers.is_empty() { "\n  " } else { "," };
            (Some("mcpServers"), format!("\n    {ours}{end}"))
        }
        Some(_) => return by_hand(),
        None => {
            let end = if settings.is_empty() { "\n" } else { "," };
            let added = format!("\n  \"mcpServers\": {{\n    {ours}\n  }}{end}");
            (None, added)
        }
    };
    let joined = begin_of_object(text, key).map(|at| {
        let (before, after) = text.split_at(at);
        format!("{before}{added}{after}")
    });
    // A key that stands twice is read the other time.
    let has_ours = |joined: &String| {
        let read: Result<Value, _> = serde_json::from_str(joined);
        read.is_ok_and(|settings| settings["mcpServers"][SERVER] == *server)
    };
    match joined.filter(has_ours) {
        Some(joined) => Joined::Text(joined),
        None => by_hand(),
    }
}

/// Where the members of the object begin that the outermost one has under a key; without a key, those
/// of the outermost one. The text is JSON.
fn begin_of_object(text: &str, key: Option<&str>) -> Option<usize> {
    let mut depth = 0_usize;
    let mut string_began = None;
    let mut last_string = "";
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match (string_began, byte) {
            (Some(_), _) if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(began), b'"') => {
                last_string = &text[began..at];
                string_began = None;
            }
            (Some(_), _) => {}
            (None, b'"') => string_began = Some(at + 1),
            (None, b'{') => {
                let is_it = match key {
                    None => depth == 0,
                    Some(key) => depth == 1 && last_string == key,
                };
                if is_it {
                    return Some(at + 1);
                }
                depth += 1;
            }
            (None, b'[') => depth += 1,
            (None, b'}' | b']') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    None
}

/// TOML settings with `[mcp_servers.NAME]` tables, with our server as their last table.
pub(crate) fn join_toml(text: &str, server: &str) -> Joined {
    let table = format!("[mcp_servers.{SERVER}]\n{server}");
    let by_hand = || Joined::ByHand(table.trim_end().replace('\n', "; "));
    let Ok(settings) = text.parse::<toml::Table>() else {
        return by_hand();
    };
    let servers = settings.get("mcp_servers").and_then(toml::Value::as_table);
    if servers.is_some_and(|servers| servers.contains_key(SERVER)) {
        return Joined::There;
    }
    let space = match text.trim_end() {
        "" => "",
        _ => "\n",
    };
    let end = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let joined = format!("{text}{end}{space}{table}");
    // Servers that are written as one inline table take no further one.
    match joined.parse::<toml::Table>() {
        Ok(_) => Joined::Text(joined),
        Err(_) => by_hand(),
    }
}

/// A Markdown file with a section between its marks.
pub(crate) fn join_section(text: &str, mark: &str, section: &str) -> Joined {
    if text.contains(mark) {
        return Joined::There;
    }
    let space = match text {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    Joined::Text(format!("{text}{space}{section}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn server() -> Value {
        json!({ "command": "adjutant", "args": ["mcp"] })
    }

    fn text_of(joined: Joined) -> String {
        match joined {
            Joined::Text(text) => text,
            other @ (Joined::There | Joined::ByHand(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_written_stays_as_it_is_written() {
        let theirs = "{\n  \"theme\": \"mcpServers\",\n  \"a\": {\"mcpServers\": {}},\n  \"mcpServers\": \
                      {\n    \"z\": {\"command\": \"z\"},\n    \"b\": {}\n  }\n}\n";
        let text = text_of(join_json(theirs, &server()));
        assert_eq!(
            text,
            "{\n  \"theme\": \"mcpServers\",\n  \"a\": {\"mcpServers\": {}},\n  \"mcpServers\": \
             {\n    \"adjutant\": {\"args\":[\"mcp\"],\"command\":\"adjutant\"},\n    \
             \"z\": {\"command\": \"z\"},\n    \"b\": {}\n  }\n}\n"
        );
        assert_eq!(join_json(&text, &server()), Joined::There);
    }

    #[test]
    fn what_cannot_be_joined_is_left_to_a_person() {
        for theirs in [
            "{ // a comment\n}",
            "[]",
            "{\"mcpServers\": []}",
            "{\"mcpServers\": {}",
            "{\"mcpServers\": {}, \"mcpServers\": {}}",
        ] {
            let joined = join_json(theirs, &server());
            assert!(matches!(joined, Joined::ByHand(_)), "{theirs}: {joined:?}");
        }
        for theirs in ["mcp_servers = {}\n", "= 1", "mcp_servers = 7\n"] {
            let joined = join_toml(theirs, "command = \"adjutant\"\n");
            assert!(matches!(joined, Joined::ByHand(_)), "{theirs}: {joined:?}");
        }
    }

    #[test]
    fn comments_of_toml_stay() {
        let theirs = "# mine\nmodel = \"x\" # best\n\n[mcp_servers.other]\ncommand = \"o\"";
        let text = text_of(join_toml(theirs, "command = \"adjutant\"\n"));
        let ours = "\n\n[mcp_servers.adjutant]\ncommand = \"adjutant\"\n";
        assert_eq!(text, format!("{theirs}{ours}"));
        assert_eq!(join_toml(&text, "command = \"adjutant\"\n"), Joined::There);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z{}\"\\\\:]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                object(inner).prop_map(|object| Value::Object(object.into_iter().collect())),
            ]
        })
    }

    fn object(
        inner: impl Strategy<Value = Value>,
    ) -> impl Strategy<Value = std::collections::BTreeMap<String, Value>> {
        let key = prop_oneof!["[a-z{}\"\\\\:]{0,6}", Just("mcpServers".to_owned())];
        prop::collection::btree_map(key, inner, 0..4)
    }

    proptest! {
        /// Without our server, the settings say what they said.
        #[test]
        fn nothing_of_theirs_is_lost(theirs in object(any_json()), is_wide in any::<bool>()) {
            let theirs = Value::Object(theirs.into_iter().collect());
            let text = if is_wide {
                serde_json::to_string_pretty(&theirs).unwrap()
            } else {
                theirs.to_string()
            };
            match join_json(&text, &server()) {
                Joined::Text(text) => {
                    let mut joined: Value = serde_json::from_str(&text).unwrap();
                    let servers = joined["mcpServers"].as_object_mut().unwrap();
                    prop_assert_eq!(servers.remove("adjutant"), Some(server()));
                    let is_bare = servers.is_empty();
                    if is_bare && theirs.get("mcpServers").is_none() {
                        joined.as_object_mut().unwrap().remove("mcpServers");
                    }
                    prop_assert_eq!(joined, theirs);
                }
                Joined::ByHand(_) => prop_assert!(!theirs["mcpServers"].is_object()),
                Joined::There => prop_assert!(theirs["mcpServers"]["adjutant"].is_object()),
            }
        }
    }
}
