package shop;

import java.util.List;
import java.util.function.Function;

class Prices {
    static final Function<String, Integer> read = text -> Integer.valueOf(text.trim());

    static List<Integer> all(List<String> texts) {
        return texts.stream().map(read).filter(price -> price / (price - 7) > 0).toList();
    }

    public static void main(String[] arguments) {
        all(List.of("9", " 7 "));
    }
}
