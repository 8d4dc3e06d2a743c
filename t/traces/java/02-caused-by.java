package shop;

class Orders {
    static class Refused extends Exception {
        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static int amount(String text) {
        return Integer.parseInt(text);
    }

    static void check(String text) {
        try {
            amount(text);
        }
        catch (NumberFormatException e) {
            throw new IllegalArgumentException("amount", e);
        }
    }

    static void order(String text) throws Refused {
        try {
            check(text);
        }
        catch (RuntimeException e) {
            throw new Refused("order 17: refused", e);
        }
    }

    public static void main(String[] arguments) throws Exception {
        order("twelve");
    }
}
