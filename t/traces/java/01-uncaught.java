package shop;

class Cart {
    private final int[] prices = { 10, 20 };

    int price(int item) {
        return prices[item];
    }

    int total(int... items) {
        int sum = 0;
        for (int item : items) {
            sum += price(item);
        }
        return sum;
    }

    public static void main(String[] arguments) {
        System.out.println(new Cart().total(0, 1, 2));
    }
}
