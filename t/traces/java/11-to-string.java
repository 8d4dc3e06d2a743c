class Desk {
    static class Closed extends RuntimeException {
        @Override
        public String toString() {
            return "the desk is closed until 9:00";
        }
    }

    static void open() {
        throw new Closed();
    }

    public static void main(String[] arguments) {
        try {
            open();
        }
        catch (Closed e) {
            throw new Error(null, e);
        }
    }
}
