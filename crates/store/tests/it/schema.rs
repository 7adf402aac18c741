//! The schema that the migrations make, column by column, as a file that a review can see change.

use adjutant_testkit::postgres::Server;

use crate::engine::{Stage, play};

#[test]
fn the_migrations_make_the_checked_in_schema_on_sqlite() {
    play(async {
        let stage = Stage::sqlite();
        stage.open().await;
        let tables = stage.run("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
        insta::assert_snapshot!("schema_sqlite", tables.join("\n\n"));
    });
}

#[test]
fn the_migrations_make_the_checked_in_schema_on_postgresql() {
    let server = Server::start();
    play(async {
        let stage = Stage::postgres(&server);
        stage.open().await;
        let columns = stage.run(
            "SELECT table_name || '.' || column_name || ' ' || data_type || \
             CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END \
             FROM information_schema.columns WHERE table_schema = 'public' \
             ORDER BY table_name, ordinal_position",
        );
        let constraints = stage.run(
            "SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE connamespace = 'public'::regnamespace ORDER BY 1",
        );
        let indexes =
            stage.run("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1");
        let schema = [columns, constraints, indexes].map(|lines| lines.join("\n"));
        insta::assert_snapshot!("schema_postgresql", schema.join("\n\n"));
    });
}
