// Code made from text.
function template(source) {
    return eval(`(function render(data) { return data.user.name; })`);
}

function show(data) {
    return template('{{ user.name }}')(data);
}

show({});
