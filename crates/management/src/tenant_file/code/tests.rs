use crate::{ParseOptions, TenantFile};

fn parse(yaml: &str) -> TenantFile {
    TenantFile::parse(yaml, ParseOptions::default()).unwrap().0
}

#[test]
fn reads_the_files_that_scripts_are_in() {
    let mut file = parse(
        "actions:\n  - name: One\n    code: ./actions/one/code.js\n  - name: Two\n    code: |\n      \
         exports.onExecutePostLogin = async () => {}\nrules:\n  - name: Old\n    script: ./rules/old.js\n",
    );
    file.load_code(|path| Ok(format!("// {path}\n"))).unwrap();
    assert_eq!(file.actions[0].text("code"), Some("// ./actions/one/code.js\n"));
    assert!(file.actions[1].text("code").unwrap().starts_with("exports."));
    assert_eq!(file.rules[0].text("script"), Some("// ./rules/old.js\n"));
}

#[test]
fn names_the_line_of_a_file_that_cannot_be_read_or_is_too_long() {
    let mut file =
        parse("actions:\n  - name: One\n    code: ./gone.js\n  - name: Two\n    code: ./long.js\n");
    let read = |path: &str| match path {
        "./long.js" => Ok("/".repeat(100_001)),
        _ => Err("no such file".to_owned()),
    };
    let problems: Vec<_> = file.load_code(read).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "line 3: actions[0].code names ./gone.js: no such file",
            "line 5: actions[1].code names ./long.js, which has more than 100 kB"
        ]
    );
}
