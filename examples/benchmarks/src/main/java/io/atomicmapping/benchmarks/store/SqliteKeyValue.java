package io.atomicmapping.benchmarks.store;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * SQLite: a table with an integer key, write-ahead log, synchronous=FULL. In its best form: its cache holds
 * the table, statements are prepared, and the connection is the only one, so that no index of the log is
 * shared.
 */
final class SqliteKeyValue implements KeyValue {

    private static final String[] PRAGMAS = {"locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL",
        "cache_size=-2097152"};

    private final Connection connection;

    SqliteKeyValue(Path directory, Form form) throws SQLException {
        connection = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve("sqlite.db"));
        try (Statement statement = connection.createStatement()) {
            for (String pragma : PRAGMAS) {
                statement.execute("PRAGMA " + pragma);
            }
            String type = form == Form.WORDS ? "INTEGER" : "BLOB";
            statement.execute("CREATE TABLE IF NOT EXISTS records (k INTEGER PRIMARY KEY, v " + type + ")");
        }
        connection.setAutoCommit(false);
    }

    @Override
    public Writer writer() throws SQLException {
        PreparedStatement put = connection.prepareStatement("INSERT INTO records (k, v) VALUES (?1, ?2)"
                + " ON CONFLICT (k) DO UPDATE SET v = excluded.v");
        PreparedStatement get = connection.prepareStatement("SELECT v FROM records WHERE k = ?1");
        return new Writer() {
            @Override
            public void begin() {
                // The first statement begins it.
            }

            @Override
            public void putWord(long key, long value) throws SQLException {
                put.setLong(1, key);
                put.setLong(2, value);
                put.executeUpdate();
            }

            @Override
            public byte[] page(long key) throws SQLException {
                get.setLong(1, key);
                try (ResultSet row = get.executeQuery()) {
                    row.next();
                    return row.getBytes(1);
                }
            }

            @Override
            public void putPage(long key, byte[] value) throws SQLException {
                put.setLong(1, key);
                put.setBytes(2, value);
                put.executeUpdate();
            }

            @Override
            public void commit() throws SQLException {
                connection.commit();
            }
        };
    }

    @Override
    public void close() throws IOException {
        try {
            connection.rollback();
            connection.close();
        } catch (SQLException e) {
            throw new IOException("SQLite cannot be closed", e);
        }
    }
}
