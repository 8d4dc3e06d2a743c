package shop;

import java.util.logging.Level;
import java.util.logging.Logger;

class Mailer {
    static void send(String to) {
        throw new UnsupportedOperationException("no way to reach " + to);
    }

    public static void main(String[] arguments) {
        try {
            send("nobody");
        }
        catch (RuntimeException e) {
            Logger.getLogger(Mailer.class.getName()).log(Level.SEVERE, "order 17: no mail", e);
        }
    }
}
