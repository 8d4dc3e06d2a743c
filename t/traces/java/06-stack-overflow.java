package shop;

class Tree {
    int depth(int from) {
        return depth(from + 1) + 1;
    }

    public static void main(String[] arguments) {
        new Tree().depth(0);
    }
}
