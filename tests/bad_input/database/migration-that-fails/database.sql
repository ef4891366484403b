CREATE TABLE orders (mine INTEGER);
