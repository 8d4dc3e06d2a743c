package shop;

class Plugins {
    public static void start() {
        Object plugin = "text";
        Integer number = (Integer) plugin;
    }

    public static void main(String[] arguments) throws Exception {
        Plugins.class.getMethod("start").invoke(null);
    }
}
