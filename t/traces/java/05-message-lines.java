package shop.db;

class Query {
    static void run(String statement) {
        throw new IllegalArgumentException("bad statement:\n  " + statement
            + "\n\n  at column 8\nHint: SELECT needs a list: none was given", null);
    }

    public static void main(String[] arguments) {
        run("SELECT FROM cart");
    }
}
