// error.stack alone, of a class that names itself.
class PaymentError extends Error {
    constructor(message) {
        super(message);
        this.name = 'PaymentError';
    }
}

const gateway = {
    charge(amount) {
        throw new PaymentError(`declined: ${amount} EUR\ntry another card`);
    },
};

try {
    [12.5].map(gateway.charge);
} catch (error) {
    console.error(error.stack);
}
