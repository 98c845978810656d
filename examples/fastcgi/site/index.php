<?php
header('Content-Type: text/plain; charset=utf-8');
echo "This is {$_SERVER['REQUEST_METHOD']} {$_SERVER['REQUEST_URI']}, in {$_SERVER['APP_ENV']}\n";
