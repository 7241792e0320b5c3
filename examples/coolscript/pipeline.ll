; Three stages over two channels, as a Coolscript compiler emits it:
;
;     fn count(numbers: Sender):           # 1, 2, …, 1000
;         for n in 1..=1000: numbers.send(n)
;
;     fn square(numbers: Receiver, squares: Sender):
;         for n in numbers: squares.send(n * n)
;
;     fn print_sum(squares: Receiver):
;         let sum = 0
;         for n in squares: sum += n
;         print(f"pipeline: the first 1000 squares come to {sum}\n")
;
;     fn main():
;         let numbers = channel(16)
;         let squares = channel(0)         # no room: each square is handed over
;         spawn count(numbers.sender)
;         spawn square(numbers.receiver, squares.sender)
;         spawn print_sum(squares.receiver)
;
; main returns at once; the process exits when its tasks have come to their end. Who has a channel's
; receiver destroys it, once it has heard that nothing comes any more.
;
; `ptr` is LLVM's opaque pointer (15 and later), where the runtime's document writes i8*. cs_string_t
; goes as its two members: so C passes a structure of a pointer and an int64_t on x86-64 and AArch64.

%both_ends = type { ptr, ptr }             ; where numbers come from, and where squares go

@line = private constant [47 x i8] c"pipeline: the first 1000 squares come to %lld\0A\00"

declare ptr @cs_alloc(i64)
declare void @cs_free(ptr)
declare void @cs_spawn(ptr, ptr)
declare ptr @cs_chan_create(i64, i64)
declare void @cs_chan_send(ptr, ptr)
declare i32 @cs_chan_receive(ptr, ptr)
declare void @cs_chan_drop_sender(ptr)
declare void @cs_chan_destroy(ptr)
declare void @cs_print_str(ptr, i64)
declare i32 @snprintf(ptr, i64, ptr, ...)

define internal void @count(ptr %numbers) {
entry:
  %number = alloca i64
  br label %sending

sending:
  %n = phi i64 [ 1, %entry ], [ %next, %sending ]
  store i64 %n, ptr %number
  call void @cs_chan_send(ptr %numbers, ptr %number)
  %next = add i64 %n, 1
  %last = icmp eq i64 %n, 1000
  br i1 %last, label %end, label %sending

end:
  call void @cs_chan_drop_sender(ptr %numbers)
  ret void
}

define internal void @square(ptr %data) {
entry:
  %number = alloca i64
  %numbers = load ptr, ptr %data
  %at_squares = getelementptr %both_ends, ptr %data, i32 0, i32 1
  %squares = load ptr, ptr %at_squares
  call void @cs_free(ptr %data)
  br label %receiving

receiving:
  %more = call i32 @cs_chan_receive(ptr %numbers, ptr %number)
  %open = icmp ne i32 %more, 0
  br i1 %open, label %sending, label %end

sending:
  %n = load i64, ptr %number
  %n_squared = mul i64 %n, %n
  store i64 %n_squared, ptr %number
  call void @cs_chan_send(ptr %squares, ptr %number)
  br label %receiving

end:
  call void @cs_chan_destroy(ptr %numbers)
  call void @cs_chan_drop_sender(ptr %squares)
  ret void
}

define internal void @print_sum(ptr %squares) {
entry:
  %number = alloca i64
  %text = alloca [96 x i8]
  br label %receiving

receiving:
  %sum = phi i64 [ 0, %entry ], [ %with_square, %received ]
  %more = call i32 @cs_chan_receive(ptr %squares, ptr %number)
  %open = icmp ne i32 %more, 0
  br i1 %open, label %received, label %end

received:
  %n = load i64, ptr %number
  %with_square = add i64 %sum, %n
  br label %receiving

end:
  call void @cs_chan_destroy(ptr %squares)
  %size = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %text, i64 96, ptr @line, i64 %sum)
  %length = sext i32 %size to i64
  call void @cs_print_str(ptr %text, i64 %length)
  ret void
}

define i32 @main() {
  %numbers = call ptr @cs_chan_create(i64 16, i64 8)
  %squares = call ptr @cs_chan_create(i64 0, i64 8)

  call void @cs_spawn(ptr @count, ptr %numbers)

  %both = call ptr @cs_alloc(i64 16)
  store ptr %numbers, ptr %both
  %at_squares = getelementptr %both_ends, ptr %both, i32 0, i32 1
  store ptr %squares, ptr %at_squares
  call void @cs_spawn(ptr @square, ptr %both)

  call void @cs_spawn(ptr @print_sum, ptr %squares)
  ret i32 0
}
