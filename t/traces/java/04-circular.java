class Circle {
    public static void main(String[] arguments) {
        RuntimeException one = new RuntimeException("one");
        RuntimeException two = new RuntimeException("two", one);
        one.initCause(two);
        throw one;
    }
}
