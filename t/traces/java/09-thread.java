package shop;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

class Worker {
    static Object fetch() {
        throw new ArithmeticException("rate is zero");
    }

    public static void main(String[] arguments) throws Exception {
        Thread thread = new Thread(() -> {
            try {
                CompletableFuture.supplyAsync(Worker::fetch, Runnable::run).join();
            }
            catch (CompletionException e) {
                throw new IllegalStateException(e);
            }
        }, "worker \"7\" of shop");
        thread.start();
        thread.join();
    }
}
