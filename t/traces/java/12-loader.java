package shop;

import java.io.InputStream;

class Loader {
    public static class Plugin implements Runnable {
        public void run() {
            throw new SecurityException();
        }
    }

    public static void main(String[] arguments) throws Exception {
        ClassLoader named = new ClassLoader("plugins", Loader.class.getClassLoader()) {
            @Override
            public Class<?> loadClass(String name) throws ClassNotFoundException {
                if (!name.endsWith("$Plugin")) {
                    return super.loadClass(name);
                }
                try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                }
                catch (java.io.IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }
        };
        ((Runnable) named.loadClass("shop.Loader$Plugin").getConstructor().newInstance()).run();
    }
}
