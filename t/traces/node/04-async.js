// An unhandled rejection with async frames, Promise.all, a constructor and a getter.
class Report {
    get title() {
        return this.head.title.trim();
    }
}

async function render(report) {
    await null;
    return report.title;
}

async function all() {
    return await Promise.all([render(new Report())]);
}

(async () => {
    await all();
})();
