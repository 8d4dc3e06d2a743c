package shop;

class Import {
    record Source(String name) implements AutoCloseable {
        void read() {
            throw new IllegalStateException(name + " is empty", new RuntimeException("no header"));
        }

        public void close() throws Exception {
            throw new java.io.IOException(name + " does not close", new RuntimeException("locked"));
        }
    }

    static void run() throws Exception {
        try (Source one = new Source("one"); Source two = new Source("two")) {
            two.read();
        }
    }

    public static void main(String[] arguments) throws Exception {
        run();
    }
}
